"""What reads the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from datetime import datetime

    from xacthuc.audit.chain import Line, Seal
    from xacthuc.audit.checkpoints import Checkpoint
    from xacthuc.audit.trail import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries; what is empty does not matter."""

    platform: str = ""
    subject: str = ""
    tag: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads."""

    actor: str
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of an export: a seal with what it seals, or the end."""

    pruned: str | None = None
    """With the first part: the statement of what was deleted for its age, as one line."""
    seal: Seal | None = None
    """None at the end."""
    lines: Sequence[Line] = ()
    met: Sequence[int] = ()
    """Ids in the table up to here that are in none of the seals up to here; at the end, that wait for none either."""
    waiting: Sequence[int] = ()
    """At the end: those of the ids met that wait for the next seal."""
    waiting_count: int = 0
    """At the end: how many wait in all."""
    outdated: bool = False
    """The seal that should come next was deleted for its age since the export began, and nothing comes any more."""


class Notes(Protocol):
    """Writing to the trail what changes nothing else: that somebody read, or was given to read."""

    async def note(self, *entries: Entry) -> None:
        """Commits entries by themselves."""
        ...


class AuditTrail(Notes, Protocol):
    """The trail, as it stands."""

    async def page(self, wanted: Wanted, before: int | None, limit: int) -> list[Line]:
        """Returns entries before an id, the newest first."""
        ...

    def export(self, *, after_seal: int, after_entry: int | None) -> AsyncGenerator[Part]:
        """Yields everything behind a seal; `after_entry` is the highest id that was heard of before, None for none."""
        ...


class CheckpointBook(Protocol):
    """Checkpoints, as this process keeps them, and the keys they are signed with."""

    @property
    def public_keys(self) -> Sequence[bytes]:
        """Every key of the ring, oldest first."""
        ...

    async def page(self, after: int, limit: int) -> list[Checkpoint]:
        """Returns checkpoints about seals behind one, by their numbers."""
        ...
