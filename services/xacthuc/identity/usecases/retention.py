"""What operators ask of retention: how it stands, and legal holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FieldFault, InvalidRequest, NotFound
from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.retention import Duty, Figure
    from xacthuc.identity.ports.retention import HoldOrder, HoldView, Placed
    from xacthuc.identity.usecases.identity import Identity


async def status(identity: Identity) -> tuple[Sequence[Figure], Mapping[Duty, int]]:
    """Returns how each kind of data stands, and which duties are overdue."""
    return await identity.retention.figures(identity.clock.now())


async def place_hold(identity: Identity, order: Order, wanted: HoldOrder, accounts: Sequence[str]) -> Placed:
    """Keeps whatever there is of accounts until the hold is released."""
    now = identity.clock.now()
    if wanted.review_time <= now:
        raise InvalidRequest(FieldFault("review_time", "must be in the future: a hold is looked at again", "IN_PAST"))
    placed = await identity.shield.finish(identity.holds.place(order, wanted, accounts, now))
    if placed is None:
        raise NotFound(Reason.PLATFORM_NOT_FOUND, "no such platform; `xacthuc platforms list` shows those there are")
    return placed


async def extend_hold(identity: Identity, order: Order, hold_id: str, accounts: Sequence[str]) -> Placed:
    """Adds accounts to a hold that stands."""
    work = identity.holds.extend(order, hold_id, accounts, identity.clock.now())
    placed = await identity.shield.finish(work)
    if placed is None:
        raise _no_hold()
    return placed


async def release_hold(identity: Identity, order: Order, hold_id: str, basis: str) -> HoldView:
    """Ends a hold; what came due meanwhile is destroyed at once."""
    released = await identity.shield.finish(identity.holds.release(order, hold_id, basis, identity.clock.now()))
    if released is None:
        raise _no_hold()
    identity.appended()
    return released


async def list_holds(identity: Identity, platform: str, after: str, limit: int) -> tuple[list[HoldView], str]:
    """Returns a page of holds behind the id `after`, and what to ask the next page with; empty at the end."""
    found = await identity.holds.page(platform, after, limit + 1)
    return found[:limit], found[limit - 1].hold_id if len(found) > limit else ""


def _no_hold() -> NotFound:
    return NotFound(
        Reason.HOLD_NOT_FOUND, "no such hold, or it is released; `xacthuc retention holds list` shows those there are"
    )
