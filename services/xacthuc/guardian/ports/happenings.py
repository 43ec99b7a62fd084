"""What happened to links, as it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from xacthuc.guardian.domain.happenings import LinkEvent


class LinkEventBatch(Protocol):
    """Some events, in order."""

    events: Sequence[LinkEvent]
    """None in a heartbeat."""
    position: int


class LinkEvents(Protocol):
    """The record of them, read on from a place in it."""

    async def spelled(self, position: int) -> str:
        """Returns the cursor behind a position."""
        ...

    def watch(self, platform: str, cursor: str) -> AsyncGenerator[LinkEventBatch]:
        """Yields a platform's behind a cursor and for ever, at once at first. Raises CursorRefusedError.

        Without a cursor it begins with the oldest that is kept.
        """
        ...
