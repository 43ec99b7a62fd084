"""What two people lock and unlock, on PostgreSQL."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from lock_world import LockWorld, rows
from officers import BINH, PLATFORM, Officers, refused

from xacthuc.grpckit.errors import InvalidRequest
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.approvals import ApprovalKind, Executed, Failed, Step
from xacthuc.identity.usecases import approvals
from xacthuc.jobs.job import Done

NUMBER = "+84912345678"


@pytest.fixture
def world(bench):
    return LockWorld(bench)


@pytest.fixture
async def officers(bench, engine):
    return await Officers.at_work(bench, engine)


@pytest.mark.rule("R46")
async def test_what_two_people_lock_for_good_one_does_not_unlock(world, officers, engine):
    for account in ("a", "b"):
        await world.holder(account, NUMBER)
    await world.lock("a")

    outcome = await officers.do(ApprovalKind.PERMANENT_LOCK, "a")
    still = await world.unlock("b")

    assert outcome == Executed({"locked": "1"})
    assert (still.state, still.lock.basis, still.lock.expire_time) == (State.LOCKED, "order 12/2026", None)
    assert await refused(world.unlock("a")) is Reason.ACCOUNT_STATE
    assert not await world.writes("b")
    (approval_id,) = {row.approval for row in await rows(engine, "locks") if row.lift_time is None}
    (entry,) = [
        row for row in await rows(engine, "audit") if row.actor == f"approval:{approval_id}" and row.subject == "a"
    ]
    assert entry.tag == "identity:account:locked"

    assert await officers.do(ApprovalKind.MASS_UNLOCK, "b") == Executed({"unlocked": "1"})
    assert await world.writes("a")
    assert {"a", "b"} <= officers.told[-1]


async def test_who_is_bound_later_by_what_two_people_granted_is_let_go_by_two_as_well(world, officers):
    await world.holder("a", NUMBER)
    await officers.do(ApprovalKind.PERMANENT_LOCK, "a")

    await world.holder("b", NUMBER)

    assert await refused(world.unlock("b")) is Reason.ACCOUNT_STATE
    assert not await world.writes("b")


async def test_many_accounts_are_locked_until_an_instant_and_what_could_not_be_is_counted(world, officers):
    for place, account in enumerate(("a", "b", "c")):
        await world.holder(account, f"+8491234567{place}")
    end = world.bench.clock.now() + timedelta(days=9)
    made = await officers.propose(ApprovalKind.RESTRICT_ACCOUNTS, "a", "b", "c", expire_time=end.isoformat())
    await officers.take(Step.GRANT, made, BINH)
    await world.end("close", "c")

    assert await officers.run(made) == Done("EXECUTED")

    outcome = (await approvals.get(officers.eyes, made.id, None)).outcome
    assert outcome == Executed({"account_ended": "1", "locked": "2"})
    assert not any([await world.writes(account) for account in ("a", "b")])
    world.bench.clock.advance(timedelta(days=9))
    assert all([await world.writes(account) for account in ("a", "b")])


async def test_a_run_that_dies_between_two_accounts_is_taken_up_and_does_nothing_twice(world, officers, engine):
    accounts = [f"u{number}" for number in range(7)]
    for account in accounts:
        await world.holder(account)
    made = await officers.propose(ApprovalKind.RESTRICT_ACCOUNTS, *accounts)
    await officers.take(Step.GRANT, made, BINH)
    follow, died = officers.follow, ConnectionError("killed")

    async def die(platform, changed):
        if len(officers.told) == 3:
            raise died
        await follow(platform, changed)

    officers.eyes.executors[made.act.kind]._follow = die
    with pytest.raises(ConnectionError):
        await officers.run(made)
    held = await rows(engine, "locks")
    officers.eyes.executors[made.act.kind]._follow = follow

    assert [await officers.run(made) for _ in range(2)] == [Done("EXECUTED")] * 2

    assert len(held) == 4
    assert Counter(row.account for row in await rows(engine, "locks")) == Counter(accounts)
    assert Counter(row.subject for row in await rows(engine, "outbox") if row.kind == "ACCOUNT_LOCKED") == Counter(
        accounts
    )
    assert (await approvals.get(officers.eyes, made.id, None)).outcome == Executed({"locked": "7"})
    assert set().union(*officers.told) == set(accounts)


async def test_an_unlocking_lifts_no_lock_that_came_after_it_was_granted(world, officers):
    for account in ("a", "b"):
        await world.holder(account)
    await world.lock("a", "order 1")
    made = await officers.propose(ApprovalKind.MASS_UNLOCK, "a", "b")
    await officers.take(Step.GRANT, made, BINH)
    world.bench.clock.advance(timedelta(seconds=1))
    await world.lock("a", "order 2")
    await world.lock("b", "order 3")

    await officers.run(made)

    outcome = (await approvals.get(officers.eyes, made.id, None)).outcome
    assert outcome == Executed({"account_not_locked": "1", "unlocked": "1"})
    assert (await world.identity.accounts.get(PLATFORM, "a")).lock.basis == "order 2"
    assert (await world.identity.accounts.get(PLATFORM, "b")).lock.basis == "order 3"


async def test_what_could_be_done_to_nobody_has_failed(world, officers):
    await world.holder("a")
    made = await officers.propose(ApprovalKind.PERMANENT_LOCK, "a")
    await officers.take(Step.GRANT, made, BINH)
    await world.end("close", "a")

    assert await officers.run(made) == Done("FAILED")
    assert (await approvals.get(officers.eyes, made.id, None)).outcome == Failed("ACCOUNT_ENDED")


async def test_what_cannot_be_done_as_things_are_is_not_proposed(world, officers):
    for account in ("a", "b"):
        await world.holder(account)
    await world.end("close", "b")
    restrict = partial(officers.propose, ApprovalKind.RESTRICT_ACCOUNTS)
    past = (world.bench.clock.now() - timedelta(seconds=1)).isoformat()

    with pytest.raises(InvalidRequest) as caught:
        await restrict("a", "b", "nobody")
    with pytest.raises(InvalidRequest) as late:
        await restrict("a", expire_time=past)
    with pytest.raises(InvalidRequest) as many:
        await restrict(*(f"n{number}" for number in range(1000)))

    assert [(fault.field, fault.reason) for fault in caught.value.field_faults] == [
        ("act.restrict_accounts.accounts[1]", "ACCOUNT_ENDED"),
        ("act.restrict_accounts.accounts[2]", "ACCOUNT_NOT_FOUND"),
    ]
    assert [fault.field for fault in late.value.field_faults] == ["act.restrict_accounts.expire_time"]
    assert len(many.value.field_faults) == 20
    for account, reason in (("b", Reason.ACCOUNT_STATE), ("nobody", Reason.ACCOUNT_NOT_FOUND)):
        assert await refused(officers.propose(ApprovalKind.PERMANENT_LOCK, account)) is reason
    assert await officers.proposed() == []
