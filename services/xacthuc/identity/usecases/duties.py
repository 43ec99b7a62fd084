"""What operators do about demands of data subjects and about breaches (R51, R52)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest, NotFound
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain import duties
from xacthuc.identity.domain.duties import Breach, Misstep

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.duties import Demand, Draft, Step, SubjectRequest
    from xacthuc.identity.usecases.identity import Identity

_FUTURE: Final = "must not be in the future: it is when it came or was found"


async def open_request(
    identity: Identity, order: Order, account_id: str, demand: Demand, receive_time: datetime, *, elsewhere: bool
) -> SubjectRequest:
    """Keeps a demand, with its times from when it was received."""
    now = identity.clock.now()
    if receive_time > now:
        raise InvalidRequest(FieldFault("demand_time", _FUTURE, "IN_FUTURE"))
    request = duties.opened(
        order.platform,
        order.request_id,
        account_id,
        demand,
        receive_time,
        elsewhere=elsewhere,
        policy=identity.policy,
    )
    kept = await identity.shield.finish(identity.duties.open_request(order, request, now))
    if kept is None:
        raise NotFound(Reason.ACCOUNT_NOT_FOUND, "no such account of this platform")
    return kept


async def advance_request(identity: Identity, order: Order, request_id: str, step: Step, reason: str) -> SubjectRequest:
    """Acknowledges, extends, fulfils or refuses a demand."""
    now = identity.clock.now()
    take = partial(duties.advanced, step=step, reason=reason, policy=identity.policy, now=now)
    after = await identity.shield.finish(identity.duties.advance_request(order, request_id, take, now))
    if after is None:
        raise _not_found()
    if after is Misstep.REASON:
        raise InvalidRequest(FieldFault("reason", "is what extending and refusing rest on; say it", "REQUIRED"))
    if isinstance(after, Misstep):
        raise FailedPrecondition(
            Reason.DUTY_STATE,
            "the demand is answered already" if after is Misstep.ENDED else "there is one extension, and it was taken",
            metadata={"bar": after.value},
        )
    return after


async def list_requests(
    identity: Identity, platform: str, after: str, limit: int, *, open_only: bool
) -> tuple[list[SubjectRequest], str]:
    """Returns a page of demands, and what to ask the next page with; empty at the end."""
    found = await identity.duties.requests(platform, after, limit + 1, open_only=open_only)
    return found[:limit], found[limit - 1].request_id if len(found) > limit else ""


async def open_breach(identity: Identity, order: Order, detect_time: datetime, draft: Draft) -> Breach:
    """Keeps a breach, with its 72 hours."""
    now = identity.clock.now()
    if detect_time > now:
        raise InvalidRequest(FieldFault("detect_time", _FUTURE, "IN_FUTURE"))
    breach = Breach(
        breach_id=order.request_id,
        detect_time=detect_time,
        due_time=duties.breach_due(detect_time, identity.policy),
        draft=draft,
    )
    work = identity.duties.put_breach(order, order.request_id, lambda _known: breach, now)
    return await identity.shield.finish(work) or breach


async def update_breach(identity: Identity, order: Order, breach_id: str, draft: Draft) -> Breach:
    """Puts another draft in the place of the one on record."""

    def change(known: Breach | None) -> Breach | None:
        return None if known is None else replace(known, draft=draft)

    return await _put(identity, order, breach_id, change)


async def notify_breach(identity: Identity, order: Order, breach_id: str, reference: str) -> Breach:
    """Notes that the agency was told; the first time counts."""
    now = identity.clock.now()

    def change(known: Breach | None) -> Breach | None:
        if known is None or known.notify_time is not None:
            return known
        return replace(known, notify_time=now, reference=reference)

    return await _put(identity, order, breach_id, change)


async def list_breaches(identity: Identity, after: str, limit: int) -> tuple[list[Breach], str]:
    """Returns a page of breaches, and what to ask the next page with; empty at the end."""
    found = await identity.duties.breaches(after, limit + 1)
    return found[:limit], found[limit - 1].breach_id if len(found) > limit else ""


async def _put(
    identity: Identity, order: Order, breach_id: str, change: Callable[[Breach | None], Breach | None]
) -> Breach:
    work = identity.duties.put_breach(order, breach_id, change, identity.clock.now())
    kept = await identity.shield.finish(work)
    if kept is None:
        raise _not_found()
    return kept


def _not_found() -> NotFound:
    return NotFound(Reason.DUTY_NOT_FOUND, "none by that name is on record; list those there are")
