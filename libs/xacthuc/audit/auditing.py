"""Reading the audit trail. Whoever reads it is in it, and so is whoever reads what is on record of people."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.grpckit.errors import OutOfRange
from xacthuc.grpckit.looks import Looks
from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from xacthuc.audit.chain import Line
    from xacthuc.audit.checkpoints import Checkpoint
    from xacthuc.audit.reading import AuditTrail, CheckpointBook, Part, Reader, Wanted
    from xacthuc.clock import Clock
    from xacthuc.sql.columns import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditing:
    """What the verbs work with."""

    trail: AuditTrail
    book: CheckpointBook
    clock: Clock
    read_tag: Tag
    """As what reading anything else is written down in this trail."""
    looks: Looks = field(default_factory=Looks)


async def note_read(auditing: Auditing, reader: Reader, platform: str, subject: str, method: str) -> None:
    """Writes down that what is on record of people is about to be shown."""
    await _note(auditing, reader, auditing.read_tag, {"method": method}, platform=platform, subject=subject)


async def note_look(auditing: Auditing, reader: Reader, platform: str, subject: str, method: str) -> None:
    """Writes down that somebody looks at what shows nothing of a person: once a minute."""
    write = partial(note_read, auditing, reader, platform, subject, method)
    await auditing.looks.note((reader.actor, platform, subject, method), auditing.clock.now_ms(), write)


async def list_entries(
    auditing: Auditing, reader: Reader, wanted: Wanted, token: str, limit: int
) -> tuple[list[Line], str]:
    """Returns a page of entries before the id `token`, and what to ask the next page with; empty at the end."""
    read = {"platform": wanted.platform, "subject": wanted.subject, "tag": wanted.tag}
    await _note(auditing, reader, Tag.TRAIL_LISTED, {name: value for name, value in read.items() if value})
    found = await auditing.trail.page(wanted, int(token) if token else None, limit + 1)
    return found[:limit], str(found[limit - 1].id) if len(found) > limit else ""


async def export(auditing: Auditing, reader: Reader, after_seal: int, after_entry: int | None) -> AsyncGenerator[Part]:
    """Yields the trail behind a seal; OutOfRange when what comes next is no longer there for its age."""
    await _note(auditing, reader, Tag.TRAIL_EXPORTED, {"after_seal": after_seal})
    async with aclosing(auditing.trail.export(after_seal=after_seal, after_entry=after_entry)) as parts:
        async for part in parts:
            if part.outdated:
                raise OutOfRange(Reason.CURSOR_EXPIRED, "the next seals were deleted for their age; begin anew")
            yield part


async def list_checkpoints(auditing: Auditing, token: str, limit: int) -> tuple[Sequence[Checkpoint], str]:
    """Returns a page of checkpoints about seals behind `token`, and what to ask the next page with; empty at the end."""
    found = await auditing.book.page(int(token) if token else 0, limit + 1)
    return found[:limit], str(found[limit - 1].number) if len(found) > limit else ""


async def _note(
    auditing: Auditing, reader: Reader, tag: Tag, detail: Json, *, platform: str = "", subject: str = "audit"
) -> None:
    """Before anything is read: a reader who goes away has read."""
    await auditing.trail.note(
        Entry(
            tag=tag,
            time=auditing.clock.now(),
            platform=platform,
            subject=subject,
            actor=reader.actor,
            request_id="",
            trace_id=reader.trace_id,
            detail=detail,
        )
    )
