"""Approvals as rows. Each step, its audit entry and the job it asks for commit together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, update

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.identity.adapters.approvals.tables import approvals
from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.tables import jobs, trail
from xacthuc.identity.domain.approvals import (
    SERVICE,
    Act,
    Adoption,
    Approval,
    ApprovalKind,
    ApprovalState,
    Decision,
    Executed,
    Failed,
)
from xacthuc.jobs.job import Job

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.commands import Order

_TAGS: Final = {
    ApprovalState.PROPOSED: Tag.APPROVAL_PROPOSED,
    ApprovalState.GRANTED: Tag.APPROVAL_GRANTED,
    ApprovalState.REFUSED: Tag.APPROVAL_REFUSED,
    ApprovalState.WITHDRAWN: Tag.APPROVAL_WITHDRAWN,
    ApprovalState.EXPIRED: Tag.APPROVAL_EXPIRED,
    ApprovalState.EXECUTED: Tag.APPROVAL_EXECUTED,
    ApprovalState.FAILED: Tag.APPROVAL_FAILED,
}


async def find(
    connection: AsyncConnection, approval_id: str, platform: str | None, *, lock: bool = False
) -> Approval | None:
    """Reads an approval."""
    query = select(approvals).where(approvals.c.approval == approval_id)
    if platform is not None:
        query = query.where(approvals.c.platform == platform)
    row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else approval_of(row)


async def add_own(connection: AsyncConnection, approval: Approval) -> None:
    """Keeps what the service proposes, with the job that ends it. Its own id stands for a request."""
    await connection.execute(
        insert(approvals).values(**columns_of(approval), approval=approval.id, request_id=approval.id)
    )
    await tell(connection, approval, approval.create_time, None)
    await jobs.enqueue(connection, [job_of(approval, approval.expire_time)])


async def save(connection: AsyncConnection, approval: Approval, now: datetime, order: Order | None) -> None:
    """Writes a step."""
    await connection.execute(
        update(approvals).where(approvals.c.approval == approval.id).values(**columns_of(approval))
    )
    await tell(connection, approval, now, order)


async def tell(connection: AsyncConnection, approval: Approval, now: datetime, order: Order | None) -> None:
    """Writes the step that led to what the approval is now into the audit trail; without an order it is the service's."""
    failed = approval.outcome if isinstance(approval.outcome, Failed) else None
    adopted = approval.state is ApprovalState.PROPOSED and approval.adoption is not None
    entry = Entry(
        tag=Tag.APPROVAL_ADOPTED if adopted else _TAGS[approval.state],
        time=now,
        platform=approval.act.platform,
        subject=approval.id,
        actor=SERVICE if order is None else order.actor,
        request_id="" if order is None else order.request_id,
        trace_id="" if order is None else order.trace_id,
        detail={"kind": approval.act.kind.value, **({} if failed is None else {"failure": failed.reason})},
    )
    await trail.write(connection, [entry])


def job_of(approval: Approval, not_before: datetime) -> Job:
    """One job an approval: it waits for the end of the time, and a grant brings it forward."""
    return Job(JobKind.APPROVAL.value, approval.id, {}, not_before)


def columns_of(approval: Approval) -> dict[str, Any]:
    """Returns what a row holds beside its keys."""
    adoption, decision, outcome = approval.adoption, approval.decision, approval.outcome
    return {
        "platform": approval.act.platform,
        "kind": approval.act.kind,
        "parameters": approval.act.parameters,
        "reason": approval.reason,
        "proposer": approval.proposer,
        "state": approval.state,
        "create_time": approval.create_time,
        "expire_time": approval.expire_time,
        "due_time": approval.due_time,
        "adopter": None if adoption is None else adoption.operator,
        "adopt_time": None if adoption is None else adoption.time,
        "decider": None if decision is None else decision.operator,
        "decision_reason": None if decision is None else decision.reason,
        "decide_time": None if decision is None else decision.time,
        "end_time": approval.end_time,
        "result": dict(outcome.result) if isinstance(outcome, Executed) else None,
        "failure": outcome.reason if isinstance(outcome, Failed) else None,
    }


def approval_of(row: Row[Any]) -> Approval:
    """Reads a row."""
    outcome: Executed | Failed | None = None
    if row.state in {ApprovalState.EXECUTED, ApprovalState.FAILED}:
        outcome = Executed(row.result) if row.failure is None else Failed(row.failure)
    return Approval(
        id=row.approval,
        act=Act(ApprovalKind(row.kind), row.platform, row.parameters),
        reason=row.reason,
        proposer=row.proposer,
        state=ApprovalState(row.state),
        create_time=row.create_time,
        expire_time=row.expire_time,
        due_time=row.due_time,
        adoption=None if row.adopter is None else Adoption(row.adopter, row.adopt_time),
        decision=None if row.decider is None else Decision(row.decider, row.decision_reason, row.decide_time),
        end_time=row.end_time,
        outcome=outcome,
    )
