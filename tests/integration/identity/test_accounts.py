"""Registration and verification on PostgreSQL: what is kept, what is not, and who wins."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from xacthuc.grpckit.errors import AlreadyExists, FailedPrecondition, InvalidRequest, RequestIdReused
from xacthuc.grpckit.reasons import Reason as Failure
from xacthuc.identity.adapters.sql_requests import forget_requests
from xacthuc.identity.adapters.tables import metadata
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.claims import ClaimRefusal
from xacthuc.identity.usecases.accounts import get_account
from xacthuc.policy import Action, NextStep, Reason
from xacthuc.sql.engine import transaction

PLATFORM = "forum"


async def rows(engine, table):
    async with transaction(engine) as connection:
        return (await connection.execute(select(metadata.tables[f"identity.{table}"]))).all()


async def test_a_registered_account_is_unverified_and_told_what_to_do(bench):
    answer = await bench.register("u1")

    assert (answer.state, answer.next_step) == (State.UNVERIFIED, NextStep.VERIFY_PHONE)


async def test_the_same_request_gets_the_same_answer(bench):
    order = bench.order("u1", "RegisterAccount")
    first = await bench.register("u1", order=order)
    bench.clock.advance(timedelta(days=1))
    await bench.verify("u1")

    assert first == await bench.register("u1", order=order)


async def test_the_same_request_twice_at_once_registers_once(bench, engine):
    order = bench.order("u1", "RegisterAccount")

    first, second = await asyncio.gather(bench.register("u1", order=order), bench.register("u1", order=order))

    assert first == second
    assert len(await rows(engine, "audit")) == 1


async def test_a_request_id_with_another_payload_is_refused(bench):
    request_id = "8c3f3c58-3a17-4a6c-9d1c-6a0f1f1d2b11"
    await bench.register("u1", order=bench.order("u1", "RegisterAccount", request_id))

    with pytest.raises(RequestIdReused):
        await bench.register("u2", order=bench.order("u2", "RegisterAccount", request_id))


async def test_an_id_that_is_taken_is_refused_and_burns_no_request_id(bench, engine):
    await bench.register("u1")

    with pytest.raises(AlreadyExists):
        await bench.register("u1")
    assert len(await rows(engine, "requests")) == 1


async def test_every_faulty_field_is_named(bench):
    with pytest.raises(InvalidRequest) as refused:
        await bench.register("u1", born=(2001, 2, 29))

    assert [fault.field for fault in refused.value.field_faults] == ["birth_date.day"]


@pytest.mark.rule("R15")
async def test_who_is_under_sixteen_today_waits_for_a_guardian(bench):
    child, grown = await bench.register("child", (2010, 11, 24)), await bench.register("grown", (2010, 11, 23))

    assert (child.state, child.next_step) == (State.PENDING_GUARDIAN, NextStep.LINK_GUARDIAN)
    assert child.is_child
    assert State.UNVERIFIED is grown.state


@pytest.mark.rule("R15")
async def test_a_child_becomes_an_ordinary_holder_on_the_birthday_in_vietnam(bench):
    await bench.register("child", (2010, 11, 24))
    bench.clock.advance(timedelta(hours=13, minutes=59, seconds=59))
    assert (await get_account(bench.identity, PLATFORM, "child")).is_child

    bench.clock.advance(timedelta(seconds=1))

    assert not (await get_account(bench.identity, PLATFORM, "child")).is_child


async def test_a_proven_number_verifies_the_account(bench):
    await bench.register("u1")

    answer = await bench.verify("u1")

    assert State.VERIFIED is answer.state
    assert answer.masked_number == "+84 91 *** **78"
    assert (await bench.check("u1", Action.POST)).allowed


@pytest.mark.rule("R30")
async def test_the_former_holder_of_a_number_has_to_prove_one_again(bench):
    await bench.register("old")
    await bench.verify("old")
    await bench.check("old", Action.POST)
    await bench.register("new")
    await bench.verify("new")

    old = await get_account(bench.identity, PLATFORM, "old")

    assert (old.state, old.masked_number) == (State.REVERIFICATION_REQUIRED, "")
    assert Reason.REVERIFICATION_REQUIRED is (await bench.check("old", Action.POST)).reason
    assert (await bench.check("new", Action.POST)).allowed


@pytest.mark.rule("R30")
async def test_what_happened_to_the_former_holder_is_audited_and_told(bench, engine):
    await bench.register("old")
    await bench.verify("old")
    await bench.register("new")
    await bench.verify("new")

    audit = [(row.subject, row.tag) for row in await rows(engine, "audit")]
    events = [(row.subject, row.kind) for row in await rows(engine, "outbox")]

    assert ("old", "identity:account:phone_lapsed") in audit
    assert events[-2:] == [("old", "REVERIFICATION_REQUIRED"), ("new", "PHONE_VERIFIED")]


async def test_the_former_holder_may_prove_another_number(bench):
    await bench.register("old")
    await bench.verify("old")
    await bench.register("new")
    await bench.verify("new")

    answer = await bench.verify("old", bench.proof("old", "+84987654321"))

    assert (answer.state, answer.masked_number) == (State.VERIFIED, "+84 98 *** **21")


@pytest.mark.rule("R30")
async def test_a_verification_taken_up_after_the_number_was_proven_again_is_refused(bench):
    """It was cut off after its proof was redeemed; meanwhile the number got a new holder."""
    await bench.register("old")
    await bench.register("new")
    order, early = bench.order("old", "VerifyPhone"), bench.proof("old")
    await bench.identity.verifications.begin(order, "old", bench.clock.now())
    bench.clock.advance(timedelta(hours=20))
    await bench.verify("new")

    assert await bench.verify("old", early, order) is ClaimRefusal.OLDER_PROOF
    assert (await bench.check("new", Action.POST)).allowed
    assert Reason.NOT_VERIFIED is (await bench.check("old", Action.POST)).reason


async def test_a_verified_account_may_prove_its_number_again_but_not_another(bench):
    await bench.register("u1")
    await bench.verify("u1")

    again = await bench.verify("u1")

    assert len(again.evidence) == 1
    assert await bench.verify_refusal("u1", "+84987654321") is ClaimRefusal.OTHER_NUMBER


async def test_numbers_of_two_platforms_do_not_know_each_other(bench):
    assert bench.personal.number_index("one", "+84912345678") != bench.personal.number_index("two", "+84912345678")


async def test_one_proof_serves_one_request_whatever_otp_remembers(bench):
    """The final single-use guard: a fail-over of the store may have forgotten that the proof was redeemed."""
    await bench.register("u1")
    proof = bench.proof("u1")
    outcomes = await asyncio.gather(*(bench.verify("u1", proof) for _ in range(8)), return_exceptions=True)

    refused = [outcome for outcome in outcomes if isinstance(outcome, FailedPrecondition)]

    assert (7, {Failure.PROOF_REDEEMED}) == (len(refused), {error.reason for error in refused})


async def test_the_same_verification_many_times_at_once_happens_once(bench, engine):
    await bench.register("u1")
    order, proof = bench.order("u1", "VerifyPhone"), bench.proof("u1")

    answers = await asyncio.gather(*(bench.verify("u1", proof, order) for _ in range(8)))

    assert len(set(answers)) == 1
    assert [row.kind for row in await rows(engine, "outbox")].count("PHONE_VERIFIED") == 1


async def test_of_accounts_that_prove_one_number_at_once_one_is_left_with_it(bench):
    names = [f"u{number}" for number in range(6)]
    for name in names:
        await bench.register(name)

    await asyncio.gather(*(bench.verify(name) for name in names))

    states = [(await get_account(bench.identity, PLATFORM, name)).state for name in names]
    assert sorted(states) == [State.REVERIFICATION_REQUIRED] * 5 + [State.VERIFIED]
    assert sum([(await bench.check(name, Action.POST)).allowed for name in names]) == 1


async def test_accounts_that_trade_numbers_at_once_do_not_block_each_other(bench):
    for name, number in (("a", "+84912345678"), ("b", "+84987654321")):
        await bench.register(name)
        await bench.verify(name, bench.proof(name, number))
    await bench.register("c")
    await bench.register("d")

    await asyncio.gather(
        bench.verify("c", bench.proof("c", "+84912345678")), bench.verify("d", bench.proof("d", "+84987654321"))
    )

    assert State.REVERIFICATION_REQUIRED is (await get_account(bench.identity, PLATFORM, "a")).state


@pytest.mark.rule("R12")
async def test_nothing_personal_can_be_read_in_any_table(bench, engine):
    await bench.register("u1", (1990, 7, 19))
    await bench.verify("u1")

    await bench.register("child", (2014, 5, 17))
    await bench.check("child", Action.POST)

    for table in metadata.tables.values():
        content = repr([tuple(row) for row in await rows(engine, table.name)])
        # The 16th birthday tells the birth date; a day begins at 17:00 UTC in Vietnam.
        for personal in ("Nguy", "912345678", "1990-07", "1990, 7", "2014-05", "2014, 5", "2030-05", "2030, 5"):
            assert personal not in content, table.name


@pytest.mark.rule("R13")
async def test_the_consent_is_on_record_with_its_version_and_times(bench, engine):
    await bench.register("u1")

    (consent,) = await rows(engine, "consents")

    assert ("u1", "1", bench.clock.now()) == (consent.account, consent.text_version, consent.accept_time)


async def test_requests_are_forgotten_after_their_time(bench, engine):
    await bench.register("u1")
    bench.clock.advance(timedelta(days=30))
    await bench.register("u2")

    assert await forget_requests(engine, bench.clock.now() - timedelta(days=1)) == 1
    assert len(await rows(engine, "requests")) == 1
