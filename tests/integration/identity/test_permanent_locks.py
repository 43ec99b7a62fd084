"""What violations have the service propose, and what two officers make of it, on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from lock_world import ORDER, LockWorld, rows
from officers import AN, BINH, OPS, Officers, refused

from xacthuc.credentials.staff import BREAK_GLASS
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.adapters.retention.sweeping import destroy
from xacthuc.identity.domain.approvals import SERVICE, ApprovalKind, ApprovalState, Executed, Step
from xacthuc.identity.domain.duties import Duty
from xacthuc.identity.domain.retention import plan
from xacthuc.identity.usecases import approvals
from xacthuc.jobs.job import Done
from xacthuc.policy.dates import months_after

NUMBER = "+84912345678"
SECURITY = replace(ORDER, national_security=True)


@pytest.fixture
def world(bench):
    return LockWorld(bench)


@pytest.fixture
async def officers(bench, engine):
    return await Officers.at_work(bench, engine)


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
