"""What operators do about orders of authorities and complaints of users (R45)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest, NotFound
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain.cases import Case, CaseKind, due
from xacthuc.identity.usecases.platforms import no_platform

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.identity.commands import Order
    from xacthuc.identity.usecases.identity import Identity


async def open_case(
    identity: Identity, order: Order, kind: CaseKind, reference: str, received: datetime, *, emergency: bool
) -> Case:
    """Keeps an order or a complaint, with the time by which it is due."""
    now = identity.clock.now()
    if received > now:
        raise InvalidRequest(FieldFault("demand_time", "must not be in the future: it is when it came", "IN_FUTURE"))
    if emergency and kind is CaseKind.COMPLAINT:
        raise InvalidRequest(FieldFault("emergency", "is said by an order; a complaint has 48 hours", "COMPLAINT"))
    case = Case(
        platform=order.platform,
        case_id=order.request_id,
        kind=kind,
        reference=reference,
        emergency=emergency,
        receive_time=received,
        due_time=due(kind, received, identity.policy, emergency=emergency),
    )
    kept = await identity.shield.finish(identity.cases.open(order, case, now))
    if kept is None:
        raise no_platform()
    return kept


async def close_case(identity: Identity, order: Order, case_id: str, outcome: str) -> Case:
    """Notes that it was dealt with."""
    found = await identity.shield.finish(identity.cases.close(order, case_id, outcome, identity.clock.now()))
    if found is None:
        raise NotFound(Reason.DUTY_NOT_FOUND, "none by that name is on record; list those there are")
    case, closed = found
    if not closed:
        raise FailedPrecondition(Reason.DUTY_STATE, "it was dealt with already", metadata={"bar": "ENDED"})
    return case


async def list_cases(
    identity: Identity, platform: str, after: str, limit: int, *, open_only: bool
) -> tuple[list[Case], str]:
    """Returns a page of them, and what to ask the next page with; empty at the end."""
    found = await identity.cases.page(platform, after, limit + 1, open_only=open_only)
    return found[:limit], found[limit - 1].case_id if len(found) > limit else ""
