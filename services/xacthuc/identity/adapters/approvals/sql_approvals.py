"""Approvals in PostgreSQL. Each step, its audit entry and the job it asks for commit together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.identity.adapters.approvals.tables import approvals
from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.tables import jobs, platforms, trail
from xacthuc.identity.domain.approvals import (
    Act,
    Approval,
    ApprovalBar,
    ApprovalKind,
    ApprovalState,
    Decision,
    Executed,
    Failed,
)
from xacthuc.jobs.job import Job
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.commands import Order
    from xacthuc.identity.ports.approvals import Wanted

_TAGS: Final = {
    ApprovalState.PROPOSED: Tag.APPROVAL_PROPOSED,
    ApprovalState.GRANTED: Tag.APPROVAL_GRANTED,
    ApprovalState.REFUSED: Tag.APPROVAL_REFUSED,
    ApprovalState.WITHDRAWN: Tag.APPROVAL_WITHDRAWN,
    ApprovalState.EXPIRED: Tag.APPROVAL_EXPIRED,
    ApprovalState.EXECUTED: Tag.APPROVAL_EXECUTED,
    ApprovalState.FAILED: Tag.APPROVAL_FAILED,
}
_OWN: Final = "peer:identity"
"""Who takes the steps that nobody asks for."""


class SqlApprovals:
    """The port `Approvals`."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests) -> None:
        """Takes the pool for writes, and what recognises repetitions."""
        self._engine = engine
        self._requests = requests

    async def add(self, order: Order, approval: Approval, now: datetime) -> Approval | None:
        """Keeps the proposal with the job that ends it."""
        of = approvals.c
        repeated = and_(of.platform == order.platform, of.request_id == order.request_id)
        async with transaction(self._engine) as connection:
            if await self._requests.find(connection, order) is not None:
                return _approval((await connection.execute(select(approvals).where(repeated))).one())
            known = select(platforms.c.platform).where(platforms.c.platform == order.platform)
            if await connection.scalar(known) is None:
                return None
            await self._requests.record(connection, order, None, None, now)
            made = await connection.execute(
                insert(approvals)
                .values(**_columns(approval), approval=approval.id, request_id=order.request_id)
                .on_conflict_do_nothing()
            )
            if made.rowcount == 0:  # the same request ran beside us and was first
                return _approval((await connection.execute(select(approvals).where(repeated))).one())
            await _tell(connection, approval, now, order)
            await jobs.enqueue(connection, [_job(approval, approval.expire_time)])
        return approval

    async def get(self, approval_id: str, platform: str | None) -> Approval | None:
        """Reads an approval."""
        async with transaction(self._engine) as connection:
            return await _find(connection, approval_id, platform)

    async def page(self, wanted: Wanted, after: str, limit: int, now: datetime) -> Sequence[Approval]:
        """Reads approvals by keyset."""
        of = approvals.c
        place = tuple_(of.create_time, of.approval)
        query = select(approvals).order_by(of.create_time.desc(), of.approval.desc()).limit(limit)
        if wanted.platform is not None:
            query = query.where(of.platform == wanted.platform)
        if wanted.state is not None:
            query = query.where(_is_in(wanted.state, now))
        if after:
            query = query.where(
                place < select(of.create_time, of.approval).where(of.approval == after).scalar_subquery()
            )
        async with transaction(self._engine) as connection:
            return [_approval(row) for row in await connection.execute(query)]

    async def decide(
        self,
        order: Order,
        approval_id: str,
        platform: str | None,
        step: Callable[[Approval], Approval | ApprovalBar],
        now: datetime,
    ) -> Approval | ApprovalBar | None:
        """Writes the step, and the job when something is to be done."""
        async with transaction(self._engine) as connection:
            found = await _find(connection, approval_id, platform, lock=True)
            if found is None or await self._requests.find(connection, order) is not None:
                return found
            after = step(found)
            if isinstance(after, ApprovalBar):
                return after
            await self._requests.record(connection, order, None, None, now)
            await _save(connection, after, now, order)
            if after.state is ApprovalState.GRANTED:
                await jobs.enqueue(connection, [_job(after, now)])
        return after

    async def advance(
        self, approval_id: str, step: Callable[[Approval], Approval | ApprovalBar], now: datetime
    ) -> Approval | None:
        """Writes the step where there is one."""
        async with transaction(self._engine) as connection:
            found = await _find(connection, approval_id, None, lock=True)
            if found is None or isinstance(after := step(found), ApprovalBar):
                return found
            await _save(connection, after, now, None)
        return after


def _job(approval: Approval, not_before: datetime) -> Job:
    """One job an approval: it waits for the end of the time, and a grant brings it forward."""
    return Job(JobKind.APPROVAL.value, approval.id, {}, not_before)


def _is_in(state: ApprovalState, now: datetime) -> ColumnElement[bool]:
    of = approvals.c
    if state is ApprovalState.PROPOSED:
        return and_(of.state == state, of.expire_time > now)
    if state is ApprovalState.EXPIRED:
        return or_(of.state == state, and_(of.state == ApprovalState.PROPOSED, of.expire_time <= now))
    return of.state == state


async def _find(
    connection: AsyncConnection, approval_id: str, platform: str | None, *, lock: bool = False
) -> Approval | None:
    query = select(approvals).where(approvals.c.approval == approval_id)
    if platform is not None:
        query = query.where(approvals.c.platform == platform)
    row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else _approval(row)


async def _save(connection: AsyncConnection, approval: Approval, now: datetime, order: Order | None) -> None:
    await connection.execute(update(approvals).where(approvals.c.approval == approval.id).values(**_columns(approval)))
    await _tell(connection, approval, now, order)


async def _tell(connection: AsyncConnection, approval: Approval, now: datetime, order: Order | None) -> None:
    failed = approval.outcome if isinstance(approval.outcome, Failed) else None
    entry = Entry(
        tag=_TAGS[approval.state],
        time=now,
        platform=approval.act.platform,
        subject=approval.id,
        actor=_OWN if order is None else order.actor,
        request_id="" if order is None else order.request_id,
        trace_id="" if order is None else order.trace_id,
        detail={"kind": approval.act.kind.value, **({} if failed is None else {"failure": failed.reason})},
    )
    await trail.write(connection, [entry])


def _columns(approval: Approval) -> dict[str, Any]:
    decision, outcome = approval.decision, approval.outcome
    return {
        "platform": approval.act.platform,
        "kind": approval.act.kind,
        "parameters": approval.act.parameters,
        "reason": approval.reason,
        "proposer": approval.proposer,
        "state": approval.state,
        "create_time": approval.create_time,
        "expire_time": approval.expire_time,
        "decider": None if decision is None else decision.operator,
        "decision_reason": None if decision is None else decision.reason,
        "decide_time": None if decision is None else decision.time,
        "end_time": approval.end_time,
        "result": dict(outcome.result) if isinstance(outcome, Executed) else None,
        "failure": outcome.reason if isinstance(outcome, Failed) else None,
    }


def _approval(row: Row[Any]) -> Approval:
    outcome: Executed | Failed | None = None
    if row.end_time is not None:
        outcome = Executed(row.result) if row.failure is None else Failed(row.failure)
    return Approval(
        id=row.approval,
        act=Act(ApprovalKind(row.kind), row.platform, row.parameters),
        reason=row.reason,
        proposer=row.proposer,
        state=ApprovalState(row.state),
        create_time=row.create_time,
        expire_time=row.expire_time,
        decision=None if row.decider is None else Decision(row.decider, row.decision_reason, row.decide_time),
        end_time=row.end_time,
        outcome=outcome,
    )
