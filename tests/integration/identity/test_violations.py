"""Violations add up to locks, over all accounts of a person."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from lock_world import ORDER, LockWorld, rows

from xacthuc.audit.tags import Tag
from xacthuc.grpckit.errors import FailedPrecondition, InvalidRequest
from xacthuc.identity.domain.account import State
from xacthuc.sql.errors import DatabaseBusy

NUMBER, OTHER = "+84912345678", "+84912345679"


@pytest.fixture
def world(bench):
    return LockWorld(bench)


async def writers(world, *accounts):
    return {account for account in accounts if await world.writes(account)}


@pytest.mark.rule("R46")
async def test_the_fifth_violation_in_thirty_days_locks_every_account_of_the_person_in_one_commit(world, engine):
    for account in ("a", "b"):
        await world.holder(account, NUMBER)
    for days in (25, 3, 18, 10):  # in no order
        assert (await world.violate("a", timedelta(days=days))).state is State.VERIFIED

    locked = await world.violate("a")

    assert locked.state is State.LOCKED
    assert locked.lock.basis == "5 violations in 30 days, the last on record by 12/PTTH"
    assert timedelta(days=7) < locked.lock.expire_time - world.bench.clock.now() <= timedelta(days=8)
    assert not await world.writes("b")
    assert (await world.violate("a")).lock.create_time == locked.lock.create_time
    kept = await rows(engine, "violations")
    assert [row.lock_id is not None for row in sorted(kept, key=lambda row: row.id)] == [True] * 5 + [False]


@pytest.mark.rule("R46")
@pytest.mark.rule("R47")
async def test_violations_over_the_accounts_of_a_person_add_up_and_those_of_a_stranger_do_not(world, engine):
    accounts = ["a", "b", "c", "d", "e"]
    await world.holder("stranger", NUMBER, name="Lê Văn Bình")
    for account in accounts:
        await world.holder(account, NUMBER)
    await world.holder("other", OTHER)
    for account in ("stranger", "other", *accounts[:4]):
        await world.violate(account)
    assert await writers(world, *accounts, "other") == {*accounts, "other"}

    locked = await world.violate("e")

    assert locked.lock.basis == "5 violations in 30 days, the last on record by 12/PTTH"
    assert await writers(world, *accounts, "other") == {"other"}
    kept = {row.account: row for row in await rows(engine, "violations")}
    assert {account for account, row in kept.items() if row.lock_id} == set(accounts)
    assert (await world.withdraw("b", kept["b"].id)).state is State.VERIFIED
    assert await writers(world, *accounts) == set(accounts)
    assert (await world.violate("c")).state is State.LOCKED


@pytest.mark.rule("R46")
@pytest.mark.rule("R47")
async def test_the_third_lock_of_a_person_counts_whichever_account_brought_it_and_whoever_was_shed(world, engine):
    for account in ("a", "b", "c"):
        await world.holder(account, NUMBER)

    async def proposed():
        return sum(row.tag == Tag.PERMANENT_LOCK_PROPOSED for row in await rows(engine, "audit"))

    for _ in range(5):
        await world.violate("a")
    await world.end("close", "a")
    for _ in range(5):
        await world.violate("b")
    for _ in range(4):
        await world.violate("c")
    before = await proposed()
    await world.violate("c")

    assert (before, await proposed(), len(await rows(engine, "approvals"))) == (0, 1, 1)


@pytest.mark.rule("R46")
async def test_violations_of_one_person_at_once_bring_one_lock(world, engine):
    accounts = ["a", "b", "c", "d", "e"]
    for account in accounts:
        await world.holder(account, NUMBER)

    async def insist(account):
        while True:
            try:
                return await world.violate(account)
            except DatabaseBusy as error:
                assert "40P01" not in str(error)

    await asyncio.gather(*map(insist, accounts))

    assert len({row.lock_id for row in await rows(engine, "locks")}) == 1
    assert {row.account for row in await rows(engine, "locks")} == set(accounts)
    assert await writers(world, *accounts) == set()


@pytest.mark.rule("R46")
async def test_a_repeated_violation_is_counted_once_and_one_of_the_future_not_at_all(world, engine):
    await world.holder("a", NUMBER)
    with pytest.raises(InvalidRequest):
        await world.violate("a", -timedelta(seconds=1))
    order = world.bench.order("same", "RecordViolation")
    for _ in range(5):
        await world.identity.violations.record(order, "a", ORDER, world.bench.clock.now(), world.bench.clock.now())

    assert len(await rows(engine, "violations")) == 1
    assert await world.writes("a")


@pytest.mark.rule("R46")
async def test_a_violation_recorded_by_mistake_takes_its_lock_along_unless_others_carry_it(world, engine):
    await world.holder("a", NUMBER)
    for _ in range(6):
        await world.violate("a")
    first, second, *_ = sorted(row.id for row in await rows(engine, "violations"))

    assert (await world.withdraw("a", first)).state is State.LOCKED
    assert (await world.withdraw("a", second)).state is State.VERIFIED
    assert (await world.violate("a")).state is State.LOCKED


@pytest.mark.rule("R46")
@pytest.mark.parametrize("security", [True, False])
async def test_the_third_lock_or_an_order_of_national_security_proposes_a_permanent_one(world, engine, security):
    await world.holder("a", NUMBER)
    removal = replace(ORDER, national_security=security)

    async def proposed():
        return sum(row.tag == Tag.PERMANENT_LOCK_PROPOSED for row in await rows(engine, "audit"))

    for _ in range(1 if security else 14):
        await world.violate("a", removal=removal)
    before = await proposed()
    await world.violate("a")

    assert (before, await proposed()) == ((1, 1) if security else (0, 1))


async def test_nothing_of_a_closed_account_is_counted(world):
    await world.holder("a", NUMBER)
    await world.end("close", "a")

    with pytest.raises(FailedPrecondition):
        await world.violate("a")
