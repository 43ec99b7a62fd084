"""The record of what happens to accounts, as it is told."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from xacthuc.identity.domain.events import AccountEvent


class Fault(StrEnum):
    """Why nobody can go on behind a cursor."""

    UNKNOWN = "UNKNOWN"
    """It was not made here."""
    EXPIRED = "EXPIRED"
    """What comes behind it is not kept any more."""
    AHEAD = "AHEAD"
    """It is of a record that was lost: the database was restored from before."""


class CursorRefusedError(Exception):
    """Nobody can go on behind this cursor."""

    def __init__(self, fault: Fault) -> None:
        """Takes why."""
        super().__init__(fault.value)
        self.fault = fault


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

    async def spelled(self, batch: EventBatch) -> str:
        """Returns the cursor behind a batch."""
        ...

    def watch(self, platform: str, cursor: str, recent: int = 0) -> AsyncGenerator[EventBatch]:
        """Yields what happens on a platform, on all when it is empty, behind a cursor and for ever. At once at first.

        Without a cursor it begins with what is kept, or `recent` changes before the end. Raises CursorRefusedError.
        """
        ...
