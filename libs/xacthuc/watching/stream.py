"""Each watcher's way through the outbox, from memory when it is up to date, else from the database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Generic

from xacthuc.watching.cursors import CursorRefusedError, Fault
from xacthuc.watching.window import Batch, T

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from xacthuc.sql.happened import Head
    from xacthuc.watching.tail import Tail

_HEARTBEAT_SECONDS: Final = 10.0
_READS_AT_ONCE: Final = 2
"""Of all watchers that are behind together: thousands may come back at one moment, and take turns."""
_BATCH_EVENTS: Final = 500
_MOST_POSITIONS: Final = 200


class EventStream(Generic[T]):
    """Watches an outbox."""

    def __init__(self, tail: Tail[T]) -> None:
        """Takes what all watchers read that are up to date; those that are behind ask its source."""
        self._tail = tail
        self._turns = asyncio.Semaphore(_READS_AT_ONCE)
        self._ends_next: asyncio.Task[Head] | None = None

    async def cursor(self) -> str:
        """Reads where the outbox ends."""
        places = await self._tail.places()
        return places.cursor((await self._ends()).position)

    async def spelled(self, position: int) -> str:
        """Spells it as everything up to it."""
        return (await self._tail.places()).cursor(position)

    async def watch(self, platform: str, cursor: str, recent: int = 0) -> AsyncGenerator[Batch[T]]:
        """Holds one batch at a time, however slow its consumer is."""
        loop = asyncio.get_running_loop()
        position, beat, positions = await self._begin(cursor, recent), 0.0, _MOST_POSITIONS
        tail = self._tail
        tail.join()
        try:
            while True:
                batch = tail.window.behind(position, platform)
                if batch is None:
                    batch = await self._read(platform, position, positions)
                    # What was read and not used is read again: be as modest as the last time allowed.
                    positions = min(_MOST_POSITIONS, 2 * (batch.position - position) or 1)
                position = batch.position
                if batch.events or loop.time() >= beat:
                    beat = loop.time() + _HEARTBEAT_SECONDS
                    yield batch
                elif position >= tail.window.end:  # nothing was awaited since, so nothing falls in between
                    news = tail.waiting.join(platform, beat)
                    try:
                        await news
                    finally:
                        tail.waiting.leave(platform, news)
        finally:
            tail.leave()

    async def _begin(self, cursor: str, recent: int) -> int:
        window = self._tail.window
        if not cursor:
            ends = await self._ends()
            return max(ends.forgotten, ends.position - recent) if recent else ends.forgotten
        position = (await self._tail.places()).position(cursor)
        if position is None:
            raise CursorRefusedError(Fault.UNKNOWN)
        if not window.start <= position <= window.end:
            ends = await self._ends()
            if position > ends.position:
                raise CursorRefusedError(Fault.AHEAD)
            if position < ends.forgotten:
                raise CursorRefusedError(Fault.EXPIRED)
        return position

    async def _read(self, platform: str, position: int, positions: int) -> Batch[T]:
        """Reads on in the database; a batch without events when nothing up to its position is the platform's."""
        places, until = await self._tail.places(), position + positions
        async with self._turns:
            head, rows = await self._tail.source.span(after=position, until=until, platform=platform)
        if position < head.forgotten:
            raise CursorRefusedError(Fault.EXPIRED)
        last, events = next(self._tail.chunks(rows, places, min(until, head.position), _BATCH_EVENTS))
        return Batch(events, last)

    async def _ends(self) -> Head:
        """Reads the ends once for all who ask before that read begins: after a restart every watcher does."""
        if self._ends_next is None:
            self._ends_next = asyncio.create_task(self._read_ends())
            # Told to those who wait; all of them may be gone by then.
            self._ends_next.add_done_callback(lambda read: read.cancelled() or read.exception())
        return await asyncio.shield(self._ends_next)

    async def _read_ends(self) -> Head:
        async with self._turns:
            self._ends_next = None  # what is asked for from here on may be newer than what is read
            return await self._tail.source.ends()
