"""The record of what happens to accounts, as it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from xacthuc.identity.domain.events import AccountEvent


class EventBatch(Protocol):
    """Some events, in order."""

    events: Sequence[AccountEvent]
    """None in a heartbeat."""
    position: int


class Events(Protocol):
    """The record, read on from a place in it."""

    async def cursor(self) -> str:
        """Returns the cursor of this moment: everything that happens from now on is told behind it."""
        ...

    async def spelled(self, position: int) -> str:
        """Returns the cursor behind a position."""
        ...

    def watch(self, platform: str, cursor: str, recent: int = 0) -> AsyncGenerator[EventBatch]:
        """Yields what happens on a platform, on all when it is empty, behind a cursor and for ever. At once at first.

        Without a cursor it begins with what is kept, or `recent` changes before the end. Raises CursorRefusedError.
        """
        ...
