"""Ending and reading broadcasts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FieldFault, InvalidRequest
from xacthuc.livestream.domain import broadcast as rules
from xacthuc.livestream.domain.broadcast import Bar
from xacthuc.livestream.usecases.clearing import CLOCK_LEEWAY
from xacthuc.livestream.usecases.refusals import not_found, refused

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.livestream.domain.broadcast import Broadcast
    from xacthuc.livestream.ports.broadcasts import Kept
    from xacthuc.livestream.usecases.livestream import Livestream
    from xacthuc.order import Order


async def end_broadcast(livestream: Livestream, order: Order, broadcast_id: str, told: datetime | None) -> Kept:
    """Ends a broadcast at the time told, or now. InvalidRequest for a time at which it cannot have ended."""
    now = livestream.clock.now()
    if told is not None and told > now + CLOCK_LEEWAY:
        raise InvalidRequest(
            FieldFault("end_time", "must not be in the future; check the platform's clock", "IN_FUTURE")
        )

    def decide(known: Broadcast) -> Broadcast | Bar:
        if told is not None and known.authorize_time is not None and told < known.authorize_time - CLOCK_LEEWAY:
            raise InvalidRequest(
                FieldFault("end_time", "must not be before the broadcast was cleared", "BEFORE_BROADCAST")
            )
        return rules.end(known, told or now)

    ended = await livestream.shield.finish(livestream.broadcasts.end(order, broadcast_id, decide, now))
    if ended is None:
        raise not_found()
    if isinstance(ended, Bar):
        raise refused(ended, livestream.policy)
    return ended


async def get_broadcast(livestream: Livestream, platform: str, broadcast_id: str) -> Kept:
    """Returns a broadcast, over when nobody renewed it in time; NotFound when nobody asked for it."""
    kept = await livestream.broadcasts.get(platform, broadcast_id)
    if kept is None:
        raise not_found()
    return replace(kept, broadcast=rules.close(kept.broadcast, livestream.clock.now()))


@dataclass(frozen=True, slots=True)
class Page:
    """A part of what may be on air."""

    broadcasts: list[Kept]
    following: str
    """Behind which id the next part begins; empty at the end."""
    watch_cursor: str
    """Behind what is in the first part; empty in the others."""


async def list_broadcasts(livestream: Livestream, platform: str, after: str, limit: int) -> Page:
    """Returns a part of what may be on air, by id."""
    # Read before the first part, so that whatever is revoked while the parts are read is told behind it.
    cursor = "" if after else await livestream.revocations.cursor()
    found = await livestream.broadcasts.list_live(platform, after, limit + 1)
    now = livestream.clock.now()
    # One that nobody renewed in time is over, whether or not that was written down yet.
    live = [kept for kept in found[:limit] if rules.close(kept.broadcast, now) is kept.broadcast]
    return Page(live, found[limit - 1].broadcast_id if len(found) > limit else "", cursor)
