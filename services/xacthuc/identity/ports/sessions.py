"""The session log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from xacthuc.identity.commands import Order, ReadSessions
    from xacthuc.identity.domain.sessions import Entry, Rejected, Sifted


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch."""

    count: int
    rejected: Sequence[Rejected]


@dataclass(frozen=True, slots=True)
class SessionPage:
    """A part of the log, in clear."""

    entries: Sequence[Entry] = field(repr=False)
    next_after: str
    """What the next part is asked for with; empty at the end."""


class SessionLog(Protocol):
    """Log-ins, log-outs and what was published."""

    async def record(self, order: Order, batch: Sifted, now: datetime) -> Recorded:
        """Keeps a batch in one commit, once per request id; a repeated one gets the first answer."""
        ...

    async def read(self, command: ReadSessions, limit: int, now: datetime) -> SessionPage:
        """Returns entries in clear, oldest first, and audits that it did."""
        ...
