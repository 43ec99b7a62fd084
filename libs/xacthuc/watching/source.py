"""Where what is told comes from: an outbox, whichever way it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from xacthuc.sql.happened import Head, Span


class Source(Protocol):
    """One outbox. Each question is one statement; DatabaseUnavailable while there is no answer."""

    async def ends(self) -> Head:
        """Returns where it begins and ends."""
        ...

    async def secret(self) -> bytes:
        """Returns what was drawn for it, 32 bytes that never change."""
        ...

    async def span(self, *, after: int, until: int, platform: str = "") -> Span:
        """Returns the events behind `after` up to `until`, of one platform or all, and its ends at that moment."""
        ...
