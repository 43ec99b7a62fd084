"""Many writers on few accounts and numbers: nothing half-written, nothing told twice, nobody waiting in a circle.

Who waited for a lock too long asks again with the same request, as a platform would. A deadlock is never the reason: locks
are taken in one order, so there is nothing to detect and nothing to retry (`sql_claims`).
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, text

from xacthuc.identity.adapters.account_writes import lock_accounts
from xacthuc.identity.adapters.tables import metadata
from xacthuc.identity.commands import ProveNumber, RevokeVerification
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.numbers import RevocationReason
from xacthuc.identity.domain.personal_ids import Ground, Outcome
from xacthuc.identity.ports.numbers import Settled
from xacthuc.identity.ports.personal_ids import Declaration, Findings
from xacthuc.identity.usecases import numbers
from xacthuc.identity.usecases.accounts import get_account
from xacthuc.policy import Action, Purpose
from xacthuc.policy.sections import NumberMoves
from xacthuc.sql.engine import transaction
from xacthuc.sql.errors import DatabaseBusy

PLATFORM = "forum"
NUMBERS = [f"+8491234567{digit}" for digit in range(4)]
WRITERS = 16
DEADLOCK = "40P01"
"""SQLSTATE of PostgreSQL's appendix A."""
TURNS = 6


@pytest.fixture
def bench(bench):
    """One whose numbers may pass from hand to hand as often as they like."""
    policy = replace(bench.identity.policy, number_moves=NumberMoves(most=1_000_000, days=30))
    return replace(bench, identity=replace(bench.identity, policy=policy))


@pytest.fixture
def waiting(engine):
    """Whether so many wait for locks."""

    async def are(how_many):
        async with transaction(engine) as connection:
            found = (
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            return await connection.scalar(text(found)) == how_many

    return are


async def rows(engine, table):
    async with transaction(engine) as connection:
        return (await connection.execute(select(metadata.tables[f"identity.{table}"]))).all()


async def insist(step):
    while True:
        try:
            return await step()
        except DatabaseBusy as error:
            assert DEADLOCK not in str(error)


async def prove(bench, account, number, *, change=False):
    order = bench.order(account, "ChangeNumber" if change else "VerifyPhone")
    await insist(lambda: bench.identity.verifications.begin(order, account, bench.clock.now()))
    bench.clock.advance(timedelta(milliseconds=1))
    proof = bench.proof(account, number)
    return await insist(lambda: numbers.settle(bench.identity, order, account, proof, change=change))


async def revoke(bench, account):
    command = RevokeVerification(
        order=bench.order(account, "RevokeVerification"),
        account_id=account,
        kinds=frozenset({EvidenceKind.PHONE}),
        reason=RevocationReason.LOSS_REPORTED,
    )
    await insist(lambda: numbers.revoke_verification(bench.identity, command))


async def write(bench, accounts):
    """Does what platforms do, in any order; what is refused changes nothing."""
    for _ in range(TURNS):
        account, number = random.choice(accounts), random.choice(NUMBERS)
        match random.randrange(5):
            case 0 | 1:
                await prove(bench, account, number)
            case 2 | 3:
                await prove(bench, account, number, change=True)
            case _:
                await revoke(bench, account)
        await bench.check(random.choice(accounts), Action.POST)


async def assert_whole(bench, engine, accounts):
    """What the tables say of each other, and what is decided from them."""
    standing = [row for row in await rows(engine, "evidence") if row.lapse_time is None]
    claims = [(row.account, bytes(row.number_index)) for row in await rows(engine, "number_claims")]
    assert sorted(claims) == sorted((row.account, bytes(row.number_index)) for row in standing)
    assert max(Counter(account for account, _ in claims).values(), default=0) <= 1
    assert max(Counter(number for _, number in claims).values(), default=0) <= 1

    tags = Counter(row.tag.rsplit(":", 1)[1] for row in await rows(engine, "audit"))
    events = Counter(row.kind for row in await rows(engine, "outbox"))
    assert tags["phone_verified"] == events["PHONE_VERIFIED"]
    assert tags["number_changed"] == events["NUMBER_CHANGED"]
    assert tags["phone_lapsed"] + tags["verification_revoked"] == events["REVERIFICATION_REQUIRED"]
    assert len(await rows(engine, "proofs")) == events["PHONE_VERIFIED"] + events["NUMBER_CHANGED"]

    holders = {account for account, _ in claims}
    for account in accounts:
        assert (await bench.check(account, Action.POST)).allowed == (account in holders)


async def test_sixteen_writers_on_one_account_leave_it_whole(bench, engine):
    await bench.register("a")

    await asyncio.gather(*(write(bench, "a") for _ in range(WRITERS)))

    await assert_whole(bench, engine, "a")


async def test_sixteen_writers_on_few_accounts_and_numbers_leave_them_whole(bench, engine):
    for account in "abcd":
        await bench.register(account)

    await asyncio.gather(*(write(bench, "abcd") for _ in range(WRITERS)))

    await assert_whole(bench, engine, "abcd")


@pytest.mark.rule("R30")
async def test_accounts_that_take_each_others_numbers_at_once_never_wait_in_a_circle(bench, engine):
    one, other = NUMBERS[:2]
    for account, number in (("a", one), ("b", other)):
        await bench.register(account)
        await prove(bench, account, number)

    for _ in range(20):
        first, second = await asyncio.gather(prove(bench, "a", other, change=True), prove(bench, "b", one, change=True))
        assert isinstance(first, Settled) or isinstance(second, Settled)
        for account, number in (("a", one), ("b", other)):
            if (await get_account(bench.identity, PLATFORM, account)).state is not State.VERIFIED:
                await prove(bench, account, number)
        one, other = other, one

    await assert_whole(bench, engine, "ab")


async def test_an_answer_and_the_repeated_request_it_is_for_never_wait_for_each_other(
    bench, engine, waiting, eventually
):
    """The request is repeated, and answered at once, while what its first run was told is being kept."""
    await bench.register("a")
    order, now = bench.order("a", "VerifyPersonalId"), bench.clock.now()
    asked = Declaration(
        ground=Ground.COMMERCE, confirmation=None, personal_id="001090000001", doubts=(), asked=True, next_time=now
    )
    ids = bench.identity.personal_ids
    declared = await ids.declare(order, "a", lambda _: asked, now)

    async def waiting(how_many):
        async with transaction(engine) as connection:
            found = (
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            return await connection.scalar(text(found)) == how_many

    async with transaction(engine) as connection:  # until both have come as far as they can
        await lock_accounts(connection, PLATFORM, ("a",))
        repeated = asyncio.create_task(ids.declare(order, "a", lambda _: replace(asked, asked=False), now))
        await eventually(partial(waiting, 1))
        settling = asyncio.create_task(
            ids.settle(declared.check, lambda _: Outcome.DECLARED, Findings(), order, now),
        )
        await eventually(partial(waiting, 2))

    assert {(await repeated).answer.outcome, (await settling).answer.outcome} == {Outcome.DECLARED}


class Redeemed:
    """A peer that has redeemed the proof for this request before."""

    def __init__(self, proof):
        self.proof = proof

    async def redeem(self, token, subject, purposes, request_id, call):
        return self.proof


async def test_a_request_is_not_refused_while_its_first_run_is_under_way(bench, engine, waiting, eventually):
    """Refused at the door, its caller would be told so of a change that is made a moment later."""
    one, other = NUMBERS[:2]
    await bench.register("a")
    await prove(bench, "a", one)
    order, proof = bench.order("a", "ChangeNumber"), replace(bench.proof("a", other), purpose=Purpose.NUMBER_CHANGE)
    identity = replace(bench.identity, proofs=Redeemed(proof))
    await identity.verifications.begin(order, "a", bench.clock.now())
    await revoke(bench, "a")

    async with transaction(engine) as connection:  # somebody verifies the first number again, and is not done
        await lock_accounts(connection, PLATFORM, ("a",))
        await connection.execute(text("UPDATE identity.evidence SET lapse_time = NULL, lapse_reason = NULL"))
        first = asyncio.create_task(numbers.settle(identity, order, "a", proof, change=True))
        await eventually(partial(waiting, 1))
        command = ProveNumber(order=order, account_id="a", proof_token="")
        again = asyncio.create_task(numbers.change_number(identity, command, None))
        await eventually(partial(waiting, 2))

    assert (await first).answer == await again
