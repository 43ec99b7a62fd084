"""What two people lock and unlock, and what the service proposes to them, on PostgreSQL."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from lock_world import ORDER, LockWorld, rows

from xacthuc.credentials.staff import BREAK_GLASS, Operator, Role
from xacthuc.grpckit.errors import FailedPrecondition, InvalidRequest, NotFound, PermissionDenied
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.adapters.approvals.lock_acts import lock_acts
from xacthuc.identity.adapters.approvals.sql_approvals import SqlApprovals
from xacthuc.identity.adapters.retention.sweeping import destroy
from xacthuc.identity.adapters.sql_requests import SqlRequests
from xacthuc.identity.commands import DecideApproval, ProposeAct
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.approvals import SERVICE, Act, ApprovalKind, ApprovalState, Executed, Failed, Step
from xacthuc.identity.domain.duties import Duty
from xacthuc.identity.domain.retention import plan
from xacthuc.identity.ports.approvals import Wanted
from xacthuc.identity.usecases import approvals
from xacthuc.identity.usecases.approvals import FourEyes
from xacthuc.jobs.job import Done, Job
from xacthuc.policy.dates import months_after

PLATFORM, NUMBER = "forum", "+84912345678"
AN, BINH = (Operator(name, frozenset({Role.OFFICER})) for name in ("an", "binh"))
OPS = Operator("chi", frozenset({Role.OPS}))
SECURITY = replace(ORDER, national_security=True)


class Officers:
    """Two of them at one desk."""

    def __init__(self, bench, engine):
        self.bench, self.told = bench, []
        self.eyes = FourEyes(
            clock=bench.clock,
            approvals=SqlApprovals(engine, SqlRequests(bench.personal)),
            executors=lock_acts(engine, bench.clock, bench.identity.locks, self.follow),
            open_for=timedelta(hours=72),
            appended=lambda: None,
        )

    async def follow(self, platform, changed):
        self.told.append(set(changed))
        await self.bench.identity.follow(platform, changed)

    async def propose(self, kind, *accounts, **more):
        named = [f"accounts/{account}" for account in accounts]
        about = {"account": named[0]} if kind is ApprovalKind.PERMANENT_LOCK else {"accounts": named}
        act = Act(kind, PLATFORM, {**about, "basis": "order 12/2026", **more})
        order = replace(self.bench.order(f"{kind}{named}", "CreateApproval"), platform=PLATFORM, actor="operator:an")
        return await approvals.propose(self.eyes, ProposeAct(order=order, operator=AN, act=act, reason="order 12/2026"))

    async def take(self, step, approval, operator):
        order = replace(self.bench.order(step), platform="", actor=f"operator:{operator.id}")
        command = DecideApproval(
            order=order, operator=operator, approval_id=approval.id, platform=None, step=step, reason="read it"
        )
        return await approvals.decide(self.eyes, command)

    async def run(self, approval):
        return await approvals.carry_out(self.eyes, Job("APPROVAL", approval.id))

    async def do(self, kind, *accounts, **more):
        """Takes an act all the way; returns what came of it."""
        made = await self.propose(kind, *accounts, **more)
        await self.take(Step.GRANT, made, BINH)
        await self.run(made)
        return (await approvals.get(self.eyes, made.id, None)).outcome

    async def proposed(self):
        """Returns what waits for two people."""
        found, _ = await approvals.page(self.eyes, Wanted(PLATFORM, ApprovalState.PROPOSED), "", 10)
        return found


@pytest.fixture
def world(bench):
    return LockWorld(bench)


@pytest.fixture
async def officers(bench, engine):
    order = replace(bench.order(PLATFORM, "CreatePlatform"), platform="")
    await bench.identity.platforms.create(order, PLATFORM, "Forum", bench.clock.now())
    return Officers(bench, engine)


async def refused(call):
    with pytest.raises((FailedPrecondition, NotFound, PermissionDenied)) as caught:
        await call
    return caught.value.reason


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


@pytest.mark.rule("R46")
async def test_the_third_temporary_lock_makes_a_proposal_that_two_officers_decide(world, officers, engine):
    await world.holder("a", NUMBER)
    for _ in range(14):
        await world.violate("a")
    assert await officers.proposed() == []

    await world.violate("a")

    (made,) = await officers.proposed()
    assert (made.proposer, made.act.kind, made.act.text("account")) == (
        SERVICE,
        ApprovalKind.PERMANENT_LOCK,
        "accounts/a",
    )
    assert made.act.text("basis") == "repeated temporary locks, the last by order 12/PTTH"
    assert made.expire_time - made.create_time == timedelta(days=30)
    assert await refused(officers.take(Step.GRANT, made, AN)) is Reason.APPROVAL_NOT_ADOPTED
    assert await refused(officers.take(Step.ADOPT, made, OPS)) is Reason.ROLE_MISSING
    assert await refused(officers.take(Step.ADOPT, made, BREAK_GLASS)) is Reason.SECOND_PERSON_NEEDED
    await officers.take(Step.ADOPT, made, AN)
    assert await refused(officers.take(Step.ADOPT, made, BINH)) is Reason.APPROVAL_STATE
    assert await refused(officers.take(Step.GRANT, made, AN)) is Reason.SECOND_PERSON_NEEDED

    await officers.take(Step.GRANT, made, BINH)
    assert await officers.run(made) == Done("EXECUTED")

    done = await approvals.get(officers.eyes, made.id, None)
    assert (done.adoption.operator, done.decision.operator, done.outcome) == ("an", "binh", Executed({"locked": "1"}))
    world.bench.clock.advance(timedelta(days=400))
    assert not await world.writes("a")
    steps = [(row.tag.rpartition(":")[2], row.actor) for row in await rows(engine, "audit") if row.subject == made.id]
    assert steps == [
        ("proposed", SERVICE),
        ("adopted", "operator:an"),
        ("granted", "operator:binh"),
        ("executed", SERVICE),
    ]


@pytest.mark.rule("R46")
async def test_one_proposal_stands_at_a_time_and_none_once_two_people_locked_for_good(world, officers, engine):
    await world.holder("a", NUMBER)
    for _ in range(2):
        await world.violate("a", removal=SECURITY)
    (made,) = await officers.proposed()
    assert {row.approval for row in await rows(engine, "violations")} == {made.id}
    assert made.act.text("basis") == "national security, by order 12/PTTH"

    await officers.take(Step.REFUSE, made, AN)
    await world.violate("a", removal=SECURITY)
    (again,) = await officers.proposed()
    await officers.take(Step.ADOPT, again, AN)
    await officers.take(Step.GRANT, again, BINH)
    await world.violate("a", removal=SECURITY)
    assert await officers.proposed() == []
    await officers.run(again)
    await world.violate("a", removal=SECURITY)

    assert (await officers.proposed(), made.id == again.id) == ([], False)
    assert len(await rows(engine, "approvals")) == 2


@pytest.mark.rule("R46")
async def test_a_proposal_is_taken_back_with_the_mistake_unless_an_officer_adopted_it(world, officers, engine):
    for account in ("a", "b"):
        await world.holder(account)
        for _ in range(2):
            await world.violate(account, removal=SECURITY)
    adopted, left = sorted(await officers.proposed(), key=lambda one: one.act.text("account"))
    await officers.take(Step.ADOPT, adopted, AN)
    first, *others = [(row.account, row.id) for row in await rows(engine, "violations")]

    await world.withdraw(*first)
    assert len(await officers.proposed()) == 2
    for violation in others:
        await world.withdraw(*violation)

    (waiting,) = await officers.proposed()
    ended = await approvals.get(officers.eyes, left.id, None)
    assert (waiting.id, ended.state) == (adopted.id, ApprovalState.WITHDRAWN)
    assert (ended.decision.operator, ended.decision.reason) == (SERVICE, "mistaken")
    assert await officers.run(ended) == Done("WITHDRAWN")


@pytest.mark.rule("R46")
async def test_what_nobody_decides_within_a_day_is_overdue(world, officers):
    await world.holder("a")
    await world.violate("a", removal=SECURITY)
    (made,) = await officers.proposed()

    async def overdue():
        _, duties = await world.identity.retention.figures(world.bench.clock.now())
        return duties[Duty.PERMANENT_LOCK]

    world.bench.clock.advance(timedelta(hours=24))
    before = await overdue()
    world.bench.clock.advance(timedelta(seconds=1))
    late = await overdue()
    await officers.take(Step.REFUSE, made, AN)

    assert (before, late, await overdue()) == (0, 1, 0)


@pytest.mark.rule("R49")
async def test_what_was_refused_is_forgotten_when_its_time_is_over(world, officers, engine):
    await world.holder("a")
    await world.violate("a", removal=SECURITY)
    (made,) = await officers.proposed()
    await officers.take(Step.REFUSE, made, AN)
    rules, end = plan(world.identity.policy), months_after(world.bench.clock.now(), 24)

    await destroy(engine, rules, end - timedelta(seconds=1))
    kept = len(await rows(engine, "approvals"))
    await destroy(engine, rules, end)

    assert (kept, len(await rows(engine, "approvals"))) == (1, 0)


@pytest.mark.rule("R46")
async def test_what_nobody_adopts_runs_out_and_leaves_the_next_violation_to_propose_anew(world, officers):
    await world.holder("a")
    await world.violate("a", removal=SECURITY)
    (made,) = await officers.proposed()
    world.bench.clock.advance(timedelta(days=30))

    assert await refused(officers.take(Step.ADOPT, made, AN)) is Reason.APPROVAL_STATE
    assert await officers.run(made) == Done("EXPIRED")
    await world.violate("a", removal=SECURITY)

    assert [one.id != made.id for one in await officers.proposed()] == [True]
