"""Proofs of numbers on PostgreSQL: who stands on a number, who loses it, and who is told."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from xacthuc.grpckit.errors import FailedPrecondition
from xacthuc.grpckit.reasons import Reason as Failure
from xacthuc.identity.adapters.tables import guardians, metadata
from xacthuc.identity.commands import ProveNumber
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.claims import Claim, ClaimRefusal
from xacthuc.identity.domain.numbers import NumberRefusal
from xacthuc.identity.usecases import numbers
from xacthuc.identity.usecases.accounts import get_account
from xacthuc.policy import Action, Reason
from xacthuc.sql.engine import transaction

PLATFORM = "forum"
SAME = "Nguyễn Văn A"


async def rows(engine, table):
    async with transaction(engine) as connection:
        return (await connection.execute(select(metadata.tables[f"identity.{table}"]))).all()


async def link(engine, clock, child, guardian, name="l1"):
    async with transaction(engine) as connection:
        await connection.execute(
            insert(guardians).values(
                platform=PLATFORM,
                child=child,
                link=name,
                account=guardian,
                relation="PARENT",
                start_time=clock.now(),
            )
        )


async def state_of(bench, account_id):
    return (await get_account(bench.identity, PLATFORM, account_id)).state


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
    events = [(row.subject, row.kind, row.detail) for row in await rows(engine, "outbox")]

    assert ("old", "identity:account:phone_lapsed") in audit
    lost = ("old", "REVERIFICATION_REQUIRED", {"number_passed_on": True})
    assert events[-2:] == [lost, ("new", "PHONE_VERIFIED", {})]


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
    assert await bench.verify_refusal("u1", "+84987654321") is NumberRefusal.OTHER_NUMBER


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


@pytest.mark.rule("R32")
async def test_accounts_of_one_person_share_a_number_up_to_their_cap(bench):
    names = [f"u{number}" for number in range(6)]
    for name in names:
        await bench.register(name, name=SAME if name != "u1" else "  NGUYỄN  VĂN A ")
    outcomes = [await bench.verify(name) for name in names]

    assert [getattr(outcome, "state", None) for outcome in outcomes[:5]] == [State.VERIFIED] * 5
    assert outcomes[5] is ClaimRefusal.TOO_MANY_ACCOUNTS
    assert [await state_of(bench, name) for name in names] == [State.VERIFIED] * 5 + [State.UNVERIFIED]


@pytest.mark.rule("R30")
async def test_a_stranger_takes_the_number_from_a_whole_family(bench):
    for name in ("a", "b"):
        await bench.register(name, name=SAME)
        await bench.verify(name)
    await bench.register("new")
    await bench.verify("new")

    assert [await state_of(bench, name) for name in ("a", "b", "new")] == [
        State.REVERIFICATION_REQUIRED,
        State.REVERIFICATION_REQUIRED,
        State.VERIFIED,
    ]


@pytest.mark.parametrize(
    "links",
    [[("old", "new")], [("new", "old")], [("child", "old"), ("child", "new")]],
    ids=["ward", "guardian", "co-guardian"],
)
@pytest.mark.rule("R32")
async def test_who_is_linked_does_not_displace_the_other(bench, engine, links):
    for name in ("old", "new"):
        await bench.register(name)
    for number, (child, guardian) in enumerate(links):
        await link(engine, bench.clock, child, guardian, f"l{number}")
    await bench.verify("old")
    await bench.verify("new")

    assert [await state_of(bench, name) for name in ("old", "new")] == [State.VERIFIED] * 2


async def test_a_link_of_another_platform_relates_nobody(bench, engine):
    for name in ("old", "new"):
        await bench.register(name)
    await link(engine, bench.clock, "old", "other")
    await bench.verify("old")
    await bench.verify("new")

    assert await state_of(bench, "old") is State.REVERIFICATION_REQUIRED


@pytest.mark.rule("R30")
async def test_a_number_moves_between_strangers_three_times_a_month(bench):
    for name in "abcde":
        await bench.register(name)
    for name in "abcd":
        await bench.verify(name)
        bench.clock.advance(timedelta(days=1))

    assert await bench.verify("e") is ClaimRefusal.MOVED_TOO_OFTEN
    assert await state_of(bench, "d") is State.VERIFIED

    bench.clock.advance(timedelta(days=28))
    assert (await bench.verify("e")).state is State.VERIFIED


async def test_a_refused_proof_leaves_everything_as_it_was_and_tells_nobody(bench, engine):
    for number in range(6):
        await bench.register(f"u{number}", name=SAME)
    for number in range(5):
        await bench.verify(f"u{number}")
    before = {table: await rows(engine, table) for table in ("evidence", "number_claims", "proofs", "audit", "outbox")}

    await bench.verify("u5")

    assert before == {table: await rows(engine, table) for table in before}


async def test_whoever_repeats_a_request_is_decided_about_by_what_came_of_it(bench):
    """The process that answered died between its commit and its word to the cache."""
    await bench.register("u1")
    assert not (await bench.check("u1", Action.POST)).allowed
    command = ProveNumber(order=bench.order("u1", "VerifyPhone"), account_id="u1", proof_token="")
    await bench.identity.verifications.begin(command.order, "u1", bench.clock.now())
    await bench.identity.verifications.settle(
        command.order, "u1", bench.proof("u1"), lambda _: Claim(()), bench.clock.now()
    )

    await numbers.verify_phone(bench.identity, command, None)

    assert (await bench.check("u1", Action.POST)).allowed
