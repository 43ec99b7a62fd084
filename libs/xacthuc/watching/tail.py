"""Reads the end of the outbox once for all watchers of a process, and wakes those it concerns.

It reads while somebody watches, woken by this process's relay and otherwise some times a second, since the relay of
another process may have been at work. A watcher that is further behind than the window reads by itself (`stream.py`).
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Generic, TypeAlias

from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger
from xacthuc.watching.places import Places
from xacthuc.watching.waiting import Waiting
from xacthuc.watching.window import Chunk, T, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from xacthuc.sql.happened import Event, Positioned
    from xacthuc.watching.source import Source

_LOOK: Final = timedelta(milliseconds=250)
_JITTER: Final = 0.2
_POSITIONS_AT_ONCE: Final = 200
"""A batch of an import is one position of up to 64 KB and 1 000 events."""
_CHUNK_EVENTS: Final = 500
_MOST_EVENTS: Final = 10_000
"""About 8 MB, and the last seconds of a busy service: who comes back after a deployment finds its place here."""
_MOST_BEHIND: Final = 2_000
"""Positions. Further behind, as after a night without watchers, the reader begins anew near the end."""


Tell: TypeAlias = "Callable[[int, Event, Callable[[int, int], str]], Iterable[T]]"
"""Says what watchers are told of what happened at a position, in order, with what names the n-th of it."""


class Tail(Generic[T]):
    """The newest events, for all watchers."""

    def __init__(self, source: Source, tell: Tell[T], *, look: timedelta = _LOOK) -> None:
        """Reads nothing before somebody watches; `look` is how long it waits to be woken, a fifth more at most."""
        self.source = source
        """What it reads."""
        self._tell = tell
        self._look_seconds = look.total_seconds()
        self._window = Window[T](0, _MOST_EVENTS)
        self._places: Places | None = None
        self._watchers = 0
        self._wake = asyncio.Event()
        self._wanted = asyncio.Event()
        self.waiting = Waiting()
        """The watchers that are up to date."""
        self._log = get_logger()

    @property
    def window(self) -> Window[T]:
        """What is in memory now."""
        return self._window

    def wake(self) -> None:
        """Says that rows got their positions."""
        self._wake.set()

    def join(self) -> None:
        """Counts a watcher in: there is something to read for. Pair it with `leave`."""
        self._watchers += 1
        self._wanted.set()

    def leave(self) -> None:
        """Counts a watcher out."""
        self._watchers -= 1
        if not self._watchers:
            self._wanted.clear()

    async def places(self) -> Places:
        """Returns how positions are spelled, which is read once."""
        if self._places is None:
            self._places = Places(await self.source.secret())
        return self._places

    async def run(self) -> None:
        """Reads until cancelled. A database that is down is waited for."""
        while True:
            await self._wanted.wait()
            self._wake.clear()
            try:
                await self.catch_up()
            except DatabaseUnavailable as error:
                self._log.warning("events_wait_for_database", cause=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_seconds * (1 + random.random() * _JITTER)):
                    await self._wake.wait()

    async def catch_up(self) -> None:
        """Reads everything that has a position by now."""
        places = await self.places()
        while True:
            after = self._window.end
            head, rows = await self.source.span(after=after, until=after + _POSITIONS_AT_ONCE)
            if head.position - after > _MOST_BEHIND or head.forgotten > after:
                self._window = Window[T](max(head.forgotten, head.position - _MOST_BEHIND), _MOST_EVENTS)
                # What happened between two windows is told to nobody, and has to be read.
                self.waiting.tell_all()
                continue
            until = min(after + _POSITIONS_AT_ONCE, head.position)
            for last, events in self.chunks(rows, places, until, _CHUNK_EVENTS):
                self._append(Chunk(events, self._window.end, last))
                await asyncio.sleep(0)  # a batch of an import is a thousand events: others have their turn in between
            if until == head.position:
                return

    def chunks(
        self, rows: Sequence[Positioned], places: Places, until: int, most_events: int
    ) -> Iterator[tuple[int, list[T]]]:
        """Yields what is told of rows, about `most_events` at a time, and up to which position it is all; at last `until`.

        A row is never divided, so that a position is all that a reader has to remember.
        """
        events = list[T]()
        for row in rows:
            if len(events) >= most_events:
                yield row.position - 1, events
                events = []
            events += self._tell(row.position, row.event, places.event_id)
        yield until, events

    def _append(self, chunk: Chunk[T]) -> None:
        self._window.append(chunk)
        for platform in chunk.watched:
            self.waiting.tell(platform)
