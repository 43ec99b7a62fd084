"""Showing what is on record of broadcasts. Who looks is written down first: a reader who goes away has read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.grpckit.errors import FailedPrecondition, NotFound
from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.grpckit.call import Call
    from xacthuc.livestream.ports.exports import ApprovedExport
    from xacthuc.livestream.ports.records import Record
    from xacthuc.livestream.usecases.livestream import Livestream
    from xacthuc.order import Order


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


async def get_record(livestream: Livestream, platform: str, broadcast_id: str) -> Record:
    """Returns what is on record of a broadcast."""
    record = await livestream.records.get(platform, broadcast_id)
    if record is None:
        raise NotFound(
            Reason.BROADCAST_NOT_FOUND, "nothing is on record of it: it was never asked for, or its time is over"
        )
    return record


async def list_records(
    livestream: Livestream, platform: str, account_id: str, after: str, limit: int
) -> tuple[list[Record], str]:
    """Returns a part of an account's, by id, and behind which id the next part begins."""
    found = await livestream.records.list_of(platform, account_id, after, limit + 1)
    return found[:limit], found[limit - 1].kept.broadcast_id if len(found) > limit else ""


async def begin_export(
    livestream: Livestream, approval_id: str, call: Call, order: Callable[[str], Order]
) -> ApprovedExport:
    """Uses an approval of two people up for this request; FailedPrecondition when another one did.

    `order` makes the order of the platform whose account it is about.
    """
    approved = await livestream.approvals.approved_export(approval_id, call)
    asked, now = order(approved.platform), livestream.clock.now()
    redeeming = livestream.records.redeem(asked, approval_id, approved.account_id, now)
    if not await livestream.shield.finish(redeeming):
        raise FailedPrecondition(
            Reason.APPROVAL_STATE, "it was exported already; propose it again", metadata={"state": "EXPORTED"}
        )
    return approved
