"""The executors of acts that another service does once it has asked what was agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.identity.adapters.approvals.broadcast_export import BroadcastExport
from xacthuc.identity.adapters.approvals.transition_end import TransitionEnd
from xacthuc.identity.domain.approvals import ApprovalKind

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.identity.ports.approvals import Executor


def done_elsewhere(engine: AsyncEngine, clock: Clock) -> dict[ApprovalKind, Executor]:
    """Returns them, by what they agree to."""
    return {
        ApprovalKind.BROADCAST_EXPORT: BroadcastExport(engine),
        ApprovalKind.TRANSITION_END: TransitionEnd(clock),
    }
