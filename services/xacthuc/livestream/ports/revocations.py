"""Revocations, as they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from xacthuc.livestream.domain.revocations import Revocation


class RevocationBatch(Protocol):
    """Some revocations, in order."""

    events: Sequence[Revocation]
    """None in a heartbeat."""
    position: int


class Revocations(Protocol):
    """The record of them, read on from a place in it."""

    async def cursor(self) -> str:
        """Returns the cursor of this moment: every revocation from now on is told behind it."""
        ...

    async def spelled(self, position: int) -> str:
        """Returns the cursor behind a position."""
        ...

    def watch(self, platform: str, cursor: str) -> AsyncGenerator[RevocationBatch]:
        """Yields a platform's behind a cursor and for ever, at once at first. Raises CursorRefusedError.

        Without a cursor it begins with what is kept.
        """
        ...
