"""Showing what is on record of broadcasts. Who looks is written down first: a reader who goes away has read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.grpckit.errors import FailedPrecondition, NotFound
from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.grpckit.call import Call
    from xacthuc.livestream.ports.exports import ApprovedExport
    from xacthuc.livestream.ports.records import Place, Record, Wanted
    from xacthuc.livestream.usecases.livestream import Livestream
    from xacthuc.order import Order

_AGAIN_WITHIN: Final = timedelta(hours=6)
"""For how long an export that broke off may be repeated: a working day's half, and no standing access."""


async def note_read(
    livestream: Livestream, *, platform: str, subject: str, method: str, actor: str, trace_id: str
) -> None:
    """Writes down that what is on record is about to be shown to `actor`."""
    await livestream.records.note(
        Entry(
            tag=Tag.BROADCASTS_READ,
            time=livestream.clock.now(),
            platform=platform,
            subject=subject,
            actor=actor,
            request_id="",
            trace_id=trace_id,
            detail={"method": method},
        )
    )


async def get_record(
    livestream: Livestream, platform: str, broadcast_id: str, behind: Place | None
) -> tuple[Record, Place | None]:
    """Returns what is on record of a broadcast, and where what is left of it begins."""
    found = await livestream.records.get(platform, broadcast_id, behind)
    if found is None:
        raise NotFound(
            Reason.BROADCAST_NOT_FOUND, "nothing is on record of it: it was never asked for, or its time is over"
        )
    return found


async def list_records(livestream: Livestream, wanted: Wanted) -> tuple[list[Record], Place | None]:
    """Returns a part of an account's, by id, and where the next part begins."""
    return await livestream.records.page(wanted)


async def begin_export(
    livestream: Livestream, approval_id: str, call: Call, order: Callable[[str], Order]
) -> ApprovedExport:
    """Uses an approval of two people up for this request of this officer, or notes that more of it, or it again, is read.

    FailedPrecondition when another one did, or it was some hours ago.

    `order` makes the order of the platform whose account it is about.
    """
    approved = await livestream.approvals.approved_export(approval_id, call)
    asked, now = order(approved.platform), livestream.clock.now()
    redeeming = livestream.records.redeem(asked, approval_id, approved.account_id, now, again_within=_AGAIN_WITHIN)
    if not await livestream.shield.finish(redeeming):
        raise FailedPrecondition(
            Reason.APPROVAL_STATE, "it was exported already; propose it again", metadata={"state": "EXPORTED"}
        )
    return approved
