"""Who answers for a child: what opens and closes its gate, and what is refused."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from family import ALL, CHILD_BORN, NUMBERS, family
from sqlalchemy import text

from xacthuc.grpckit.errors import InvalidRequest, NotFound, RequestIdReused
from xacthuc.grpckit.reasons import Reason as Refusal
from xacthuc.identity.adapters.account_writes import lock_accounts
from xacthuc.identity.adapters.purge import Purge, purge_job
from xacthuc.identity.commands import EndAccount
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.guardianship import Guardianship, Relation
from xacthuc.identity.domain.registration import CalendarDate
from xacthuc.identity.usecases import accounts, lifecycle
from xacthuc.jobs.job import RetryAt
from xacthuc.policy import Action, Policy, Reason

__all__ = ["family"]

PLATFORM = "forum"


async def state(bench, account_id="child"):
    return (await accounts.get_account(bench.identity, PLATFORM, account_id)).state


async def rows(engine, table, columns="*"):
    async with engine.begin() as connection:
        return (await connection.execute(text(f"SELECT {columns} FROM identity.{table} ORDER BY 1"))).all()


async def kinds(engine):
    return [row.kind for row in await rows(engine, "outbox", "id, kind")]


@pytest.mark.rule("R15")
async def test_a_first_guardian_opens_the_childs_gate_at_once(bench, family, engine):
    assert await family.may_post() is Reason.GUARDIAN_REQUIRED

    kept = await family.put(1, "mother")

    assert await family.may_post() is Reason.VERIFIED
    assert (kept.version, await state(bench)) == (1, State.VERIFIED)
    assert (await kinds(engine))[-1] == "GUARDIAN_LINKED"
    audited = await rows(engine, "audit", "id, tag, subject")
    assert (audited[-1].tag, audited[-1].subject) == ("identity:account:guardian_linked", "child")


@pytest.mark.rule("R15")
async def test_the_end_of_the_last_guardian_closes_the_gate_at_once(bench, family, engine):
    await family.put(1, "mother")
    await family.may_post()

    await family.put(2)

    assert await family.may_post() is Reason.GUARDIAN_REQUIRED
    assert await state(bench) is State.PENDING_GUARDIAN
    assert (await kinds(engine))[-1] == "GUARDIAN_ENDED"
    lapsed = [
        row.lapse_reason for row in await rows(engine, "evidence", "id, kind, lapse_reason") if row.kind == "GUARDIAN"
    ]
    assert lapsed == ["ENDED"]


async def test_one_of_two_guardians_ends_and_the_other_still_answers(family, engine):
    await family.put(1, "mother", family.guardian("father", relation=Relation.FATHER))

    await family.put(2, "mother")

    assert await family.may_post() is Reason.VERIFIED
    assert (await kinds(engine))[-1] == "SUPERVISION_CHANGED"


@pytest.mark.rule("R19")
@pytest.mark.parametrize(
    ("supervision", "reason"),
    [
        (ALL._replace(suspended=True), Reason.SUSPENDED),
        (ALL._replace(actions=frozenset({Action.COMMENT})), Reason.SUPERVISED),
        (ALL._replace(quiet_from=0, quiet_to=1439), Reason.QUIET_HOURS),
    ],
)
async def test_what_guardians_allow_holds_at_once(family, supervision, reason):
    await family.put(1, "mother")
    await family.may_post()

    await family.put(2, "mother", supervision=supervision)

    assert await family.may_post() is reason


@pytest.mark.rule("R30")
async def test_a_guardian_whose_number_moves_away_closes_the_childs_gate(bench, family):
    await family.put(1, "mother")
    assert await family.may_post() is Reason.VERIFIED
    most = Policy.load().accounts_per_number.adults

    for number in range(most):
        stranger = f"stranger{number}"
        await bench.register(stranger, born=(1980, 1, 1 + number))
        bench.clock.advance(timedelta(seconds=1))
        await bench.verify(stranger, bench.proof(stranger, NUMBERS["mother"]))

    assert await state(bench, "mother") is State.REVERIFICATION_REQUIRED
    assert await family.may_post() is Reason.GUARDIAN_REQUIRED


@pytest.mark.rule("R17")
async def test_a_guardian_who_turns_out_to_be_a_child_closes_the_childs_gate(bench, family):
    await family.put(1, "mother")
    await family.may_post()

    await bench.correct("mother", birth_date=CalendarDate(2015, 1, 2))

    assert await family.may_post() is Reason.GUARDIAN_REQUIRED


@pytest.mark.rule("R15")
async def test_a_child_that_a_guardian_takes_up_waits_to_be_dropped_no_longer(bench, family):
    waiting = await accounts.get_account(bench.identity, PLATFORM, "child")

    await family.put(1, "mother")

    taken_up = await accounts.get_account(bench.identity, PLATFORM, "child")
    assert (waiting.purge_time is None, taken_up.purge_time) == (False, None)


async def test_a_guardian_whose_key_is_not_destroyed_yet_is_refused_like_any_that_left(bench, family):
    await lifecycle.erase_account(bench.identity, EndAccount(order=bench.order(), account_id="mother"))

    assert (await family.refusal("mother")).metadata["cause"] == "CLOSED"


async def test_a_guardian_who_verifies_again_opens_it_again(bench, family):
    await family.put(1, "mother")
    async with bench.facts._engine.begin() as connection:
        await connection.execute(
            text("UPDATE identity.evidence SET lapse_time = now(), lapse_reason = 'INACTIVE' WHERE account = 'mother'")
        )
    await bench.identity.standings.forget(PLATFORM, ["child", "mother"])
    assert await family.may_post() is Reason.GUARDIAN_REQUIRED

    bench.clock.advance(timedelta(seconds=1))
    await bench.verify("mother", bench.proof("mother", NUMBERS["mother"]))

    assert await family.may_post() is Reason.VERIFIED


async def test_a_guardian_who_leaves_closes_the_childs_gate(bench, family):
    await family.put(1, "mother")
    assert await family.may_post() is Reason.VERIFIED

    order = bench.order("mother", "CloseAccount")
    await lifecycle.close_account(bench.identity, EndAccount(order=order, account_id="mother"))

    assert await family.may_post() is Reason.GUARDIAN_REQUIRED
    await bench.register("ward", born=CHILD_BORN)
    assert (await family.refusal("mother", child="ward")).metadata["cause"] == "CLOSED"


@pytest.mark.rule("R21")
async def test_a_guardian_stops_the_clock_of_a_pending_child_and_its_end_starts_the_statutory_one(
    bench, family, engine
):
    purge = Purge(engine, bench.keys, bench.erasures, bench.clock, bench.identity.standings.forget)

    async def time_comes(days):
        bench.clock.advance(timedelta(days=days))
        return await purge.purge(purge_job(PLATFORM, "child", bench.clock.now()))

    await family.put(1, "mother")
    assert await time_comes(31) is None
    assert await family.may_post() is Reason.VERIFIED

    await family.put(2)
    assert (await accounts.get_account(bench.identity, PLATFORM, "child")).purge_time is not None
    assert isinstance(await time_comes(31), RetryAt)

    await family.put(3, "mother")
    assert await time_comes(740) is None
    assert await state(bench) is State.VERIFIED

    await family.put(4)
    await time_comes(740)
    assert await rows(engine, "guardians") == await rows(engine, "supervisions") == []
    assert (await bench.check("child", Action.POST)).reason is Reason.NOT_REGISTERED


async def test_an_older_version_changes_nothing_and_is_answered_with_the_newer(bench, family):
    newer = await family.put(5, "mother", supervision=ALL._replace(suspended=True))

    assert await family.put(5, "mother") == newer
    assert await family.put(4) == newer
    assert await family.may_post() is Reason.SUSPENDED


async def test_a_repeated_request_changes_nothing_and_another_payload_is_refused(bench, family, engine):
    order = bench.order("the same", "PutGuardianship")
    first = await family.put(1, "mother", order=order)
    told = len(await kinds(engine))

    assert await family.put(1, "mother", order=order) == first
    assert len(await kinds(engine)) == told
    with pytest.raises(RequestIdReused):
        await family.put(2, order=bench.order("another", "PutGuardianship", order.request_id))


@pytest.mark.rule("R16")
@pytest.mark.rule("R17")
@pytest.mark.parametrize(
    ("account", "born", "cause"),
    [
        ("child", None, "SELF"),
        ("nobody", None, "UNKNOWN"),
        ("sister", (2012, 1, 2), "CHILD"),
        ("brother", (2009, 1, 2), "CHILD"),
        ("uncle", (1980, 1, 2), "NOT_VERIFIED"),
    ],
)
async def test_who_cannot_answer_for_a_child_is_named_by_the_link_and_the_cause(bench, family, account, born, cause):
    if born is not None:
        await bench.register(account, born=born)

    refused = await family.refusal(account)

    assert refused.reason is Refusal.GUARDIAN_UNFIT
    assert (refused.metadata["link"], refused.metadata["cause"]) == (f"links/{account}", cause)
    assert await family.may_post() is Reason.GUARDIAN_REQUIRED


@pytest.mark.rule("R18")
@pytest.mark.rule("R32")
async def test_a_guardian_answers_for_as_many_children_as_the_policy_says(bench, family):
    for number in range(Policy.load().accounts_per_number.minors):
        await bench.register(f"ward{number}", born=CHILD_BORN)
        await family.put(1, "mother", child=f"ward{number}")

    assert (await family.refusal("mother")).metadata["cause"] == "TOO_MANY_CHILDREN"
    await family.put(2, "mother", child="ward0", supervision=ALL._replace(suspended=True))


async def test_two_children_at_once_do_not_get_past_the_bound(bench, family):
    most = Policy.load().accounts_per_number.minors
    for number in range(most + 3):
        await bench.register(f"ward{number}", born=CHILD_BORN)

    put = await asyncio.gather(
        *(family.put(1, "mother", child=f"ward{number}") for number in range(most + 3)), return_exceptions=True
    )

    assert sum(isinstance(each, Guardianship) for each in put) == most


@pytest.mark.rule("R49")
async def test_a_record_whose_last_two_children_leave_at_once_is_dropped_in_time(bench, family, engine, eventually):
    await bench.register("ward", born=CHILD_BORN)
    for child in ("child", "ward"):
        await family.put(1, "mother", child=child)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE identity.accounts SET kind = 'GUARDIAN' WHERE account = 'mother'"))

    async def both_wait() -> bool:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        async with engine.connect() as connection:
            return await connection.scalar(text(waiting)) == 2

    async with engine.begin() as other:
        await lock_accounts(other, PLATFORM, ["mother"])
        ends = [asyncio.create_task(family.put(2, child=child)) for child in ("child", "ward")]
        await eventually(both_wait)
    await asyncio.gather(*ends)

    (mother,) = [row for row in await rows(engine, "accounts", "account, purge_time") if row.account == "mother"]
    assert mother.purge_time is not None


async def test_nobody_comes_to_answer_for_a_grown_up_or_for_nobody(bench, family):
    assert (await family.refusal("mother", child="father")).reason is Refusal.ACCOUNT_STATE
    with pytest.raises(NotFound):
        await family.put(1, "mother", child="unregistered")


@pytest.mark.rule("R22")
async def test_at_sixteen_the_guardian_answers_no_longer_and_may_still_be_ended(bench, family):
    await bench.register("soon", born=(2010, 11, 24))
    await family.put(1, "mother", child="soon")
    assert (await bench.check("soon", Action.POST)).allowed

    bench.clock.advance(timedelta(days=1))

    assert (await bench.check("soon", Action.POST)).reason is Reason.DETAILS_REQUIRED  # nobody ever gave its name
    assert (await family.put(2, child="soon")).guardians == ()


async def test_a_guardian_who_lost_everything_does_not_keep_a_suspension_from_arriving(bench, family):
    await family.put(1, "mother")
    async with bench.facts._engine.begin() as connection:
        await connection.execute(
            text("UPDATE identity.evidence SET lapse_time = now(), lapse_reason = 'REVOKED' WHERE account = 'mother'")
        )

    assert (await family.put(2, "mother", supervision=ALL._replace(suspended=True))).supervision.suspended


async def test_faulty_guardians_are_all_named(bench, family):
    ahead = bench.clock.now() + timedelta(hours=1)
    with pytest.raises(InvalidRequest) as refused:
        await family.put(1, "mother", family.guardian("mother", start_time=ahead))

    assert {(fault.field, fault.reason) for fault in refused.value.field_faults} == {
        ("guardianship.guardians[1].start_time", "IN_FUTURE"),
        ("guardianship.guardians[1].link", "REPEATED"),
        ("guardianship.guardians[1].account", "REPEATED"),
    }


async def test_nothing_of_a_refused_put_is_kept(bench, family, engine):
    before = [len(await rows(engine, table)) for table in ("audit", "outbox", "evidence", "requests", "supervisions")]

    await family.refusal("uncle")

    after = [len(await rows(engine, table)) for table in ("audit", "outbox", "evidence", "requests", "supervisions")]
    assert before == after
