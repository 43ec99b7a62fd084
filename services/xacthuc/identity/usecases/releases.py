"""What operators do about requests of authorities (R44). Making a document takes two of them: `usecases.approvals`."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import (
    FailedPrecondition,
    FieldFault,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    XacthucError,
)
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain import releases as rules
from xacthuc.identity.domain.releases import Fetched, ReleaseBar
from xacthuc.identity.usecases.platforms import no_platform

if TYPE_CHECKING:
    from xacthuc.credentials.staff import Operator
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.releases import Demanded, Release
    from xacthuc.identity.ports.releases import Handed
    from xacthuc.identity.usecases.identity import Identity

_SAID = {
    ReleaseBar.NOT_MADE: "there is no document: it waits for two people, or nobody fetched it in time; propose it again",
    ReleaseBar.RELEASED: "the document was fetched, which can be done once; the authority has to ask again",
    ReleaseBar.TOO_LARGE: (
        "the document is larger than one answer may be; close the request, and record it again in parts,"
        " with fewer accounts or fields each"
    ),
    ReleaseBar.CLOSED: "the request was closed without a release; record it again if the authority insists",
}


async def record(identity: Identity, order: Order, demanded: Demanded) -> Release:
    """Keeps what an authority asks for, with the time by which it is due."""
    now = identity.clock.now()
    if demanded.receive_time > now:
        raise InvalidRequest(FieldFault("demand_time", "must not be in the future: it is when it came", "IN_FUTURE"))
    release = rules.recorded(order.platform, order.request_id, demanded, identity.policy, now)
    kept = await identity.shield.finish(identity.releases.record(order, release, now))
    if kept is None:
        raise no_platform()
    return kept


async def get(identity: Identity, platform: str, release_id: str) -> Release:
    """Returns a request and what became of it."""
    found = await identity.releases.get(platform, release_id)
    if found is None:
        raise _not_found()
    return found


async def page(
    identity: Identity, platform: str, after: str, limit: int, *, open_only: bool
) -> tuple[list[Release], str]:
    """Returns a page of requests, and what to ask the next page with; empty at the end."""
    found = await identity.releases.page(platform, after, limit + 1, open_only=open_only)
    return found[:limit], found[limit - 1].release_id if len(found) > limit else ""


async def close(identity: Identity, order: Order, release_id: str, reason: str) -> Release:
    """Ends a request by which nothing is released."""
    now = identity.clock.now()
    step = partial(rules.closed, reason=reason, now=now)
    after = await identity.shield.finish(identity.releases.close(order, release_id, step, now))
    if after is None:
        raise _not_found()
    if isinstance(after, ReleaseBar):
        raise _barred(after)
    identity.appended()
    return after


async def fetch(identity: Identity, order: Order, operator: Operator, release_id: str) -> Handed:
    """Returns the document in clear to one of the two people who had it made."""
    now = identity.clock.now()
    repeat = timedelta(minutes=identity.policy.retention.release_repeat_minutes)
    fetched = Fetched(operator=operator.id, request_id=order.request_id, time=now, repeat_until=now + repeat)
    step = partial(rules.fetched, fetched=fetched)
    handed = await identity.shield.finish(identity.releases.fetch(order, release_id, step, now))
    if handed is None:
        raise _not_found()
    if isinstance(handed, ReleaseBar):
        raise _barred(handed)
    identity.appended()
    return handed


def _barred(bar: ReleaseBar) -> XacthucError:
    if bar is ReleaseBar.NOT_OF_TWO:
        return PermissionDenied(Reason.RELEASE_OF_OTHERS, "who proposed or granted it fetches it, and nobody else")
    return FailedPrecondition(Reason.RELEASE_STATE, _SAID[bar], metadata={"bar": bar.value})


def _not_found() -> NotFound:
    return NotFound(
        Reason.RELEASE_NOT_FOUND,
        "no such request of an authority; `xacthuc retention releases list` shows those there are",
    )
