"""Proposes locks without end where violations call for one (R46), in the commit of the violation.

The service is not one of two people: an officer adopts what it proposes, and another one grants it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select, update

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters.approvals.rows import add_own, find, save
from xacthuc.identity.adapters.approvals.tables import approvals
from xacthuc.identity.adapters.locks.bindings import holds
from xacthuc.identity.adapters.locks.tables import violations
from xacthuc.identity.adapters.tables import locks
from xacthuc.identity.domain.approvals import (
    SERVICE,
    Act,
    Approval,
    ApprovalBar,
    ApprovalKind,
    ApprovalState,
    retracted,
)
from xacthuc.ids import new_short_id

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select

    from xacthuc.identity.adapters.account_changes import Change
    from xacthuc.identity.domain.violations import RemovalOrder
    from xacthuc.policy.sections import Locks
    from xacthuc.sql.columns import Json

_REASON: Final = "the law calls for it: one officer adopts it, and another one grants or refuses it"


class PermanentLocks:
    """Works within the transaction of a violation, once its account is locked, so that one proposal stands at a time."""

    def __init__(self, rules: Locks) -> None:
        """Takes by when such a proposal is to be decided, and how long it waits."""
        self._due_in = timedelta(hours=rules.decision_hours)
        self._open_for = timedelta(days=rules.proposal_days)

    async def propose(self, change: Change, person: Collection[str], violation_id: int, removal: RemovalOrder) -> None:
        """Proposes, unless two people have locked the person for good, or are about to decide it."""
        connection, now = change.connection, change.now
        if await connection.scalar(_granted(change)) is not None:
            return
        approval_id = await connection.scalar(_proposed(change, person).where(_is_open(now)))
        if approval_id is None:
            proposal = self._proposal(change, removal)
            await add_own(connection, proposal)
            approval_id = proposal.id
        of = violations.c
        await connection.execute(
            update(violations)
            .where(of.platform == change.order.platform, of.account == change.account.account_id, of.id == violation_id)
            .values(approval=approval_id)
        )
        detail: Json = {"violation": violation_id, "order_number": removal.order_number, "approval": approval_id}
        await change.note(Tag.PERMANENT_LOCK_PROPOSED, detail)

    async def retract(self, change: Change, person: Collection[str], basis: str) -> None:
        """Takes back what nobody adopted, now that nothing calls for it any more."""
        for approval_id in await change.connection.scalars(_proposed(change, person)):
            found = await find(change.connection, approval_id, change.order.platform, lock=True)
            if found is None or isinstance(after := retracted(found, basis, change.now), ApprovalBar):
                continue
            await save(change.connection, after, change.now, None)

    def _proposal(self, change: Change, removal: RemovalOrder) -> Approval:
        why = (
            "national security, by order"
            if removal.national_security
            else "repeated temporary locks, the last by order"
        )
        parameters = {
            "account": f"accounts/{change.account.account_id}",
            "basis": f"{why} {removal.order_number}",
        }
        return Approval(
            id=new_short_id(),
            act=Act(ApprovalKind.PERMANENT_LOCK, change.order.platform, parameters),
            reason=_REASON,
            proposer=SERVICE,
            state=ApprovalState.PROPOSED,
            create_time=change.now,
            expire_time=change.now + self._open_for,
            due_time=change.now + self._due_in,
        )


def _proposed(change: Change, person: Collection[str]) -> Select[tuple[str]]:
    """What the service proposed for violations of the person, on whichever account."""
    of = violations.c
    return (
        select(approvals.c.approval)
        .join(violations, of.approval == approvals.c.approval)
        .where(of.platform == change.order.platform, of.account.in_(person))
        .distinct()
    )


def _is_open(now: datetime) -> ColumnElement[bool]:
    of = approvals.c
    waits = (of.state == ApprovalState.PROPOSED) & (of.expire_time > now)
    return or_(waits, of.state == ApprovalState.GRANTED)


def _granted(change: Change) -> Select[tuple[int]]:
    of = locks.c
    return (
        select(of.id)
        .where(of.platform == change.order.platform, of.account == change.account.account_id)
        .where(of.approval.is_not(None), of.expire_time.is_(None), holds(change.now))
        .limit(1)
    )
