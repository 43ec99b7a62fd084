"""Writing down who is shown what is on record of families, before it is shown: a reader who goes away has read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.guardian.usecases.guardian import Guardian


async def note_read(guardian: Guardian, *, platform: str, subject: str, method: str, actor: str, trace_id: str) -> None:
    """Writes down that what is on record is about to be shown to `actor`."""
    await guardian.notes.note(
        Entry(
            tag=Tag.GUARDIAN_READ,
            time=guardian.clock.now(),
            platform=platform,
            subject=subject,
            actor=actor,
            request_id="",
            trace_id=trace_id,
            detail={"method": method},
        )
    )


async def note_shown(guardian: Guardian, call: Call, child: str, link: str) -> None:
    """Writes down that what a child published is about to be shown by a link (R19)."""
    await guardian.notes.note(
        Entry(
            tag=Tag.ACTIVITY_SHOWN,
            time=guardian.clock.now(),
            platform=call.platform,
            subject=child,
            actor=call.actor,
            request_id="",
            trace_id=call.trace.trace_id_hex,
            detail={"link": link},
        )
    )
