"""Making accounts read-only that are unverified still, by what two people agreed to, and undoing that."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xacthuc.backfill.ports.restrictions import Graces
from xacthuc.backfill.usecases.campaigns import there
from xacthuc.grpckit.errors import DeadlineExceeded, FieldFault, InvalidRequest, NotFound, Unavailable
from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from xacthuc.backfill.ports.restrictions import Preview, Restriction
    from xacthuc.backfill.usecases.backfill import Backfill
    from xacthuc.order import Order


_AT_ONCE: Final = 5_000
_GRACES_SECONDS: Final = 5
"""For what only informs: whoever looks is told the rest without it."""


async def preview_restriction(backfill: Backfill, platform: str, name: str) -> Preview:
    """Counts whom a restriction would be about now, and how many of them have anything to lose."""
    counted = there(await backfill.restrictions.preview(platform, name, backfill.clock.now()))
    try:
        async with asyncio.timeout(_GRACES_SECONDS):
            return replace(counted, graces=await _graces(backfill, counted))
    except (TimeoutError, Unavailable, DeadlineExceeded):
        return counted


async def _graces(backfill: Backfill, counted: Preview) -> Graces:
    found, last, after = 0, None, ""
    platform, name = counted.platform, counted.name
    while accounts := await backfill.restrictions.unverified(platform, name, counted.as_of, after, _AT_ONCE):
        some = await backfill.agreements.graces(platform, accounts)
        found, after = found + some.accounts, accounts[-1]
        last = max(filter(None, (last, some.last_end)), default=None)
    return Graces(found, last)


async def restrict_campaign(backfill: Backfill, order: Order, name: str, approval: str) -> Restriction:
    """Has accounts restricted that were agreed to."""
    approved = await backfill.agreements.approved(order.platform, approval)
    if approved.campaign != f"platforms/{order.platform}/campaigns/{name}":
        fault = "must be about this campaign; propose one with `xacthuc backfill restrict`"
        raise InvalidRequest(FieldFault("approval", fault, "OTHER_CAMPAIGN"))
    beginning = backfill.restrictions.begin(order, name, approval, approved, backfill.clock.now())
    begun = there(await backfill.shield.finish(beginning))
    backfill.due()
    return begun


async def undo_restriction(backfill: Backfill, order: Order, name: str, approval: str, reason: str) -> Restriction:
    """Has accounts given back what an approval took."""
    undoing = backfill.restrictions.undo(order, name, approval, reason, backfill.clock.now())
    undone = await backfill.shield.finish(undoing)
    if undone is None:
        raise NotFound(
            Reason.APPROVAL_NOT_FOUND,
            "the approval restricted nothing of this campaign; `xacthuc backfill status` shows what did",
        )
    backfill.due()
    return undone
