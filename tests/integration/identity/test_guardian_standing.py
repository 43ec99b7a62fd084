"""A guardian who may answer no longer closes the child's gate by that alone, whatever the guardian service does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from family import ALL, NUMBERS, Family, family, family_of

from xacthuc.identity.commands import EndAccount, RevokeVerification
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.guardianship import Relation
from xacthuc.identity.domain.numbers import RevocationReason
from xacthuc.identity.domain.registration import CalendarDate
from xacthuc.identity.usecases import accounts, lifecycle, numbers
from xacthuc.policy import Action, Policy, Reason
from xacthuc.policy.dates import months_after

__all__ = ["family"]

PLATFORM = "forum"


@pytest.mark.rule("R17")
async def test_a_guardian_who_turns_out_to_be_17_closes_the_gate_until_the_date_is_right_again(bench, family):
    await family.put(1, "mother")
    assert await family.may_post() is Reason.VERIFIED

    await bench.correct("mother", birth_date=CalendarDate(2008, 11, 24))
    assert await family.may_post() is Reason.GUARDIAN_REQUIRED

    bench.clock.advance(timedelta(days=2))  # 18 by now, and judged once
    await bench.identity.standings.forget(PLATFORM, ["child"])
    assert await family.may_post() is Reason.GUARDIAN_REQUIRED
    await family.put(2, "mother", supervision=ALL)
    assert await family.may_post() is Reason.GUARDIAN_REQUIRED

    await bench.correct("mother", birth_date=CalendarDate(1990, 1, 2))
    assert await family.may_post() is Reason.VERIFIED


@pytest.mark.rule("R17")
async def test_a_guardian_who_was_a_child_answers_no_longer_once_grown_and_verified(bench, family):
    await family.put(1, "mother")
    await bench.correct("mother", birth_date=CalendarDate(2010, 11, 24))
    bench.clock.advance(timedelta(days=2))
    await bench.correct("mother", full_name="Nguyễn Thị Lớn")
    await bench.verify("mother", bench.proof("mother", NUMBERS["mother"]))

    assert (await accounts.get_account(bench.identity, PLATFORM, "mother")).state is State.VERIFIED
    assert await family.may_post() is Reason.GUARDIAN_REQUIRED


@pytest.mark.rule("R21")
async def test_a_locked_guardian_answers_for_nobody_until_the_lock_is_over_or_lifted(bench, family):
    await family.put(1, "mother")
    assert await family.may_post() is Reason.VERIFIED

    await family.lock("mother", until=bench.clock.now() + timedelta(days=7))
    assert await family.may_post() is Reason.GUARDIAN_REQUIRED
    bench.clock.advance(timedelta(days=7))
    assert await family.may_post() is Reason.VERIFIED

    await family.lock("mother")
    assert await family.may_post() is Reason.GUARDIAN_REQUIRED
    await family.unlock("mother")
    assert await family.may_post() is Reason.VERIFIED


@pytest.mark.rule("R47")
async def test_a_lock_that_reaches_a_guardian_through_another_account_closes_the_gate(bench, family):
    await family.put(1, "mother")
    await bench.register("hers", name="Nguyễn Văn mother")
    await bench.verify("hers", bench.proof("hers", NUMBERS["mother"]))
    assert await family.may_post() is Reason.VERIFIED

    await family.lock("hers")

    assert await family.may_post() is Reason.GUARDIAN_REQUIRED


async def test_the_other_guardian_answers_while_one_is_locked(family):
    await family.put(1, "mother", family.guardian("father", relation=Relation.FATHER))
    await family.lock("mother")

    assert await family.may_post() is Reason.VERIFIED


async def test_a_policy_may_let_a_locked_guardian_answer(new_server, engine, new_ring):
    policy = Policy.load()
    lenient = replace(policy, guardianship=replace(policy.guardianship, locked_answers=True))
    family = await family_of(new_server(engine, new_ring(), new_ring(), policy=lenient))
    await family.put(1, "mother")

    await family.lock("mother")

    assert await family.may_post() is Reason.VERIFIED


async def test_a_number_does_not_do_where_the_policy_asks_for_a_personal_id(new_server, engine, new_ring):
    """Whoever was linked before the policy became stricter answers no longer either."""
    rings, policy = (new_ring(), new_ring()), Policy.load()
    family = await family_of(new_server(engine, *rings))
    await family.put(1, "mother")
    strict = replace(policy, guardianship=replace(policy.guardianship, min_assurance="PERSONAL_ID"))
    other = Family(new_server(engine, *rings, policy=strict))

    await other.bench.identity.standings.forget(PLATFORM, ["child"])

    assert await other.may_post() is Reason.GUARDIAN_REQUIRED


@pytest.mark.rule("R31")
async def test_a_guardian_whose_proof_grew_old_answers_until_that_day_and_no_longer(new_server, engine, new_ring):
    policy = Policy.load()
    yearly = replace(policy, reverification=replace(policy.reverification, months=12))
    family = await family_of(new_server(engine, new_ring(), new_ring(), policy=yearly))
    bench, due = family.bench, months_after(family.bench.clock.now(), 12)
    await family.put(1, "mother")

    bench.clock.advance(due - bench.clock.now() - timedelta(seconds=1))
    assert await family.may_post() is Reason.VERIFIED
    bench.clock.advance(timedelta(seconds=1))

    assert await family.may_post() is Reason.GUARDIAN_REQUIRED


@pytest.mark.rule("R31")
async def test_what_a_platform_takes_back_of_a_guardian_closes_the_gate(bench, family):
    await family.put(1, "mother")
    await family.may_post()
    command = RevokeVerification(
        order=bench.order("mother", "RevokeVerification"),
        account_id="mother",
        kinds=frozenset({EvidenceKind.PHONE}),
        reason=RevocationReason.NUMBER_CHANGED_HANDS,
    )

    await numbers.revoke_verification(bench.identity, command)

    assert await family.may_post() is Reason.GUARDIAN_REQUIRED


@pytest.mark.rule("R21")
async def test_an_erased_guardian_closes_the_gate(bench, family):
    await family.put(1, "mother")
    await family.may_post()

    await lifecycle.erase_account(bench.identity, EndAccount(order=bench.order(), account_id="mother"))

    assert await family.may_post() is Reason.GUARDIAN_REQUIRED


@pytest.mark.rule("R22")
@pytest.mark.parametrize("born", [(1990, 1, 2), (2010, 11, 23)], ids=["adult", "sixteen"])
async def test_a_child_who_turns_out_to_be_older_needs_own_proof_whatever_its_guardian_allows(bench, family, born):
    await family.put(1, "mother")
    await bench.correct("child", full_name="Nguyễn Văn Con")
    assert await family.may_post() is Reason.VERIFIED

    await bench.correct("child", birth_date=CalendarDate(*born))

    assert await family.may_post() is Reason.NOT_VERIFIED
    await bench.verify("child", bench.proof("child", "+84912345679"))
    assert await family.may_post() is Reason.VERIFIED


@pytest.mark.rule("R15")
async def test_an_adult_who_turns_out_to_be_a_child_needs_a_guardian(bench, family):
    assert (await bench.check("father", Action.POST)).allowed

    await bench.correct("father", birth_date=CalendarDate(2015, 1, 2))

    assert (await bench.check("father", Action.POST)).reason is Reason.GUARDIAN_REQUIRED
    await family.put(1, "mother", child="father")
    assert (await bench.check("father", Action.POST)).reason is Reason.VERIFIED
