"""What takes two people, on PostgreSQL: who may, what commits together, and what a killed run leaves to the next one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from xacthuc.credentials.staff import Operator, Role
from xacthuc.grpckit.errors import FailedPrecondition, NotFound, PermissionDenied, RequestIdReused
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.adapters.account_keys import NoKey
from xacthuc.identity.adapters.approvals.key_destruction import KeyDestruction
from xacthuc.identity.adapters.approvals.sql_approvals import SqlApprovals
from xacthuc.identity.adapters.approvals.tables import approvals as table
from xacthuc.identity.adapters.purge import Purge, hold_of
from xacthuc.identity.adapters.sql_requests import SqlRequests
from xacthuc.identity.adapters.tables import accounts, jobs, trail
from xacthuc.identity.commands import DecideApproval, EndAccount, ProposeAct
from xacthuc.identity.domain.approvals import Act, ApprovalKind, ApprovalState, Executed, Failed, Step
from xacthuc.identity.ports.approvals import Wanted
from xacthuc.identity.usecases import approvals, lifecycle
from xacthuc.identity.usecases.approvals import FourEyes
from xacthuc.jobs.job import Done, Job, RetryAt

PLATFORM = "forum"
AN = Operator("an", frozenset({Role.OFFICER, Role.ADMIN}))
BINH = Operator("binh", frozenset({Role.ADMIN}))
CHI = Operator("chi", frozenset({Role.OPS}))
EVERY = Wanted(None, None)


class Desk:
    """Operators at work, one call a method."""

    def __init__(self, bench, eyes):
        self.bench, self.eyes = bench, eyes

    def proposal(self, account="u1", operator=AN, kind=ApprovalKind.KEY_DESTRUCTION, platform=PLATFORM, order=None):
        act = Act(kind, platform, {"account": f"accounts/{account}", "basis": "order 12/2026"})
        order = replace(order or self.bench.order(account, "CreateApproval"), platform=platform, actor="operator:an")
        return ProposeAct(order=order, operator=operator, act=act, reason="court order 12/2026")

    async def propose(self, *args, **fields):
        return await approvals.propose(self.eyes, self.proposal(*args, **fields))

    async def decide(self, approval, step=Step.GRANT, operator=BINH, order=None, platform=None):
        command = DecideApproval(
            order=replace(order or self.bench.order(step), platform="", actor=f"operator:{operator.id}"),
            operator=operator,
            approval_id=approval.id,
            platform=platform,
            step=step,
            reason="read the order",
        )
        return await approvals.decide(self.eyes, command)

    async def run(self, approval):
        return await approvals.carry_out(self.eyes, Job("APPROVAL", approval.id))

    async def get(self, approval):
        return await approvals.get(self.eyes, approval.id, None)

    async def close(self, account="u1"):
        order = self.bench.order(account, "CloseAccount")
        await lifecycle.close_account(self.bench.identity, EndAccount(order=order, account_id=account))


@pytest.fixture
async def desk(bench, engine):
    purge = Purge(engine, bench.keys, bench.erasures, bench.clock, bench.identity.standings.forget)
    for platform in (PLATFORM, "market"):
        order = replace(bench.order(platform, "CreatePlatform"), platform="")
        await bench.identity.platforms.create(order, platform, platform.upper(), bench.clock.now())
    eyes = FourEyes(
        clock=bench.clock,
        approvals=SqlApprovals(engine, SqlRequests(bench.personal)),
        executors={ApprovalKind.KEY_DESTRUCTION: KeyDestruction(engine, purge, bench.clock)},
        open_for=timedelta(hours=72),
        appended=lambda: None,
    )
    made = Desk(bench, eyes)
    await bench.register("u1")
    await made.close()
    return made


@pytest.fixture
def rows(engine):
    async def of(wanted):
        async with engine.connect() as connection:
            return (await connection.execute(select(wanted))).all()

    return of


async def told(rows):
    entries = await rows(trail.entries)
    return [(entry.tag.rpartition(":")[2], entry.actor) for entry in entries if ":approval:" in entry.tag]


async def refused(call):
    with pytest.raises((FailedPrecondition, NotFound, PermissionDenied)) as caught:
        await call
    return caught.value.reason


async def test_two_people_destroy_a_key_before_its_time_and_every_step_is_audited(desk, rows):
    made = await desk.propose()
    granted = await desk.decide(made)

    assert await desk.run(made) == Done("EXECUTED")

    ended = await desk.get(made)
    assert (granted.state, ended.state, ended.outcome) == (
        ApprovalState.GRANTED,
        ApprovalState.EXECUTED,
        Executed({"life": "ERASED"}),
    )
    for name in ("u1", hold_of("u1")):
        assert await desk.bench.keys.get(PLATFORM, name) is NoKey.DESTROYED
    assert await told(rows) == [
        ("proposed", "operator:an"),
        ("granted", "operator:binh"),
        ("executed", "peer:identity"),
    ]
    forward = [entry for entry in await rows(trail.entries) if "brought_forward" in entry.tag]
    assert [(entry.subject, entry.actor) for entry in forward] == [("u1", f"approval:{made.id}")]


async def test_nobody_grants_or_refuses_what_they_proposed(desk):
    made = await desk.propose()

    for step in (Step.GRANT, Step.REFUSE):
        assert await refused(desk.decide(made, step, AN)) is Reason.SECOND_PERSON_NEEDED
    assert (await desk.get(made)).state is ApprovalState.PROPOSED


async def test_a_role_that_does_not_decide_this_kind_is_refused(desk):
    made = await desk.propose()

    assert await refused(desk.decide(made, operator=CHI)) is Reason.ROLE_MISSING
    assert await refused(desk.propose(operator=CHI)) is Reason.ROLE_MISSING


async def test_only_who_proposed_it_withdraws_it(desk):
    made = await desk.propose()

    assert await refused(desk.decide(made, Step.WITHDRAW, BINH)) is Reason.SECOND_PERSON_NEEDED
    assert (await desk.decide(made, Step.WITHDRAW, AN)).state is ApprovalState.WITHDRAWN
    assert await refused(desk.decide(made)) is Reason.APPROVAL_STATE


async def test_a_second_decision_changes_nothing(desk):
    made = await desk.propose()
    await desk.decide(made, Step.REFUSE)

    assert await refused(desk.decide(made)) is Reason.APPROVAL_STATE
    assert (await desk.get(made)).state is ApprovalState.REFUSED
    assert await desk.run(made) == Done("REFUSED")
    assert await desk.bench.keys.get(PLATFORM, "u1") is not NoKey.DESTROYED


async def test_an_answer_after_the_time_is_refused_and_the_end_is_audited_once(desk, rows):
    made = await desk.propose()
    desk.bench.clock.advance(timedelta(hours=71, minutes=59))
    assert await desk.run(made) == RetryAt(made.expire_time, "NOT_YET")
    desk.bench.clock.advance(timedelta(minutes=1))

    assert await refused(desk.decide(made)) is Reason.APPROVAL_STATE
    for _ in range(2):
        assert await desk.run(made) == Done("EXPIRED")
    assert await told(rows) == [("proposed", "operator:an"), ("expired", "peer:identity")]


async def test_an_approval_of_another_platform_than_the_caller_named_is_not_there(desk):
    made = await desk.propose()

    assert await refused(desk.decide(made, platform="market")) is Reason.APPROVAL_NOT_FOUND
    assert (await desk.decide(made, platform=PLATFORM)).state is ApprovalState.GRANTED


async def test_a_platform_reaches_no_account_of_another(desk):
    assert await refused(desk.propose(platform="market")) is Reason.ACCOUNT_NOT_FOUND
    assert await refused(desk.propose(platform="nowhere")) is Reason.ACCOUNT_NOT_FOUND


async def test_what_nothing_carries_out_cannot_be_proposed(desk, rows):
    made = desk.propose(kind=ApprovalKind.PERMANENT_LOCK)

    assert await refused(made) is Reason.APPROVAL_KIND_NOT_OFFERED
    assert await rows(table) == []


async def test_an_open_account_keeps_its_key(desk, engine):
    await desk.bench.register("u2")
    assert await refused(desk.propose("u2")) is Reason.ACCOUNT_STATE

    made = await desk.propose()
    await desk.decide(made)
    async with engine.begin() as connection:  # nothing of the product opens an account again; a restored backup may
        await connection.execute(update(accounts).where(accounts.c.account == "u1").values(life="OPEN"))

    assert await desk.run(made) == Done("FAILED")
    assert (await desk.get(made)).outcome == Failed("ACCOUNT_OPEN")
    assert await desk.bench.keys.get(PLATFORM, "u1") is not NoKey.DESTROYED


async def test_the_same_request_gets_the_same_answer_and_another_payload_none(desk, rows):
    order = desk.bench.order("u1", "CreateApproval")
    made = await desk.propose(order=order)
    granting = desk.bench.order("g", "GrantApproval")
    granted = await desk.decide(made, order=granting)

    assert (await desk.propose(order=order)).id == made.id
    assert await desk.decide(made, order=granting) == granted
    with pytest.raises(RequestIdReused):
        await desk.propose(order=replace(order, payload="other"))
    assert len(await rows(table)) == 1


async def test_of_many_who_decide_at_once_one_does(desk, rows):
    made = await desk.propose()
    steps = [Step.GRANT, Step.REFUSE] * 4

    answers = await asyncio.gather(*(desk.decide(made, step) for step in steps), return_exceptions=True)

    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert len(await told(rows)) == 2


async def test_a_grant_commits_with_the_job_that_carries_it_out(desk, rows):
    made = await desk.propose()
    waits = {row.key: row.due_time for row in await rows(jobs.jobs) if row.kind == "APPROVAL"}
    await desk.decide(made)
    due = {row.key: row.due_time for row in await rows(jobs.jobs) if row.kind == "APPROVAL"}

    assert waits == {made.id: made.expire_time}
    assert due[made.id] < made.expire_time


async def test_a_run_that_was_killed_before_its_answer_was_kept_is_done_again_to_the_same_end(desk, rows):
    made = await desk.propose()
    granted = await desk.decide(made)
    executor = desk.eyes.executors[ApprovalKind.KEY_DESTRUCTION]
    assert await executor.execute(granted) == Executed({"life": "ERASED"})

    for _ in range(2):
        assert await desk.run(made) == Done("EXECUTED")

    entries = [entry.tag for entry in await rows(trail.entries)]
    assert entries.count("identity:account:erased") == 1
    assert entries.count("identity:approval:executed") == 1


async def test_pages_hold_each_approval_once_newest_first(desk):
    made = []
    for number in range(5):
        await desk.bench.register(f"a{number}")
        await desk.close(f"a{number}")
        made.append((await desk.propose(f"a{number}")).id)
        desk.bench.clock.advance(timedelta(minutes=1))
    await desk.decide(await approvals.get(desk.eyes, made[0], None), Step.REFUSE)
    listed, after = [], ""
    while True:
        page, after = await approvals.page(desk.eyes, EVERY, after, 2)
        listed += [approval.id for approval in page]
        if not after:
            break
    open_ones, _ = await approvals.page(desk.eyes, Wanted(PLATFORM, ApprovalState.PROPOSED), "", 10)
    elsewhere, _ = await approvals.page(desk.eyes, Wanted("market", None), "", 10)

    assert listed == made[::-1]
    assert [approval.id for approval in open_ones] == made[:0:-1]
    assert elsewhere == []


async def test_a_proposal_whose_time_is_over_is_listed_as_expired_at_once(desk):
    made = await desk.propose()
    desk.bench.clock.advance(timedelta(hours=73))

    expired, _ = await approvals.page(desk.eyes, Wanted(None, ApprovalState.EXPIRED), "", 10)
    proposed, _ = await approvals.page(desk.eyes, Wanted(None, ApprovalState.PROPOSED), "", 10)

    assert ([approval.id for approval in expired], proposed) == ([made.id], [])
