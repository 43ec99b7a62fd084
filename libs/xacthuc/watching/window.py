"""The newest events, in memory, as all watchers of a process read them. Pure.

Held in chunks, one for each read of the outbox, and each chunk sorted by platform once: whoever is up to date gets the
same batch object as all the others of the platform, so that it is rendered once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

ALL: Final = ""
"""In place of a platform: every one."""


class Told(Protocol):
    """Something that watchers are told."""

    @property
    def position(self) -> int:
        """Its place in the outbox; several may share one."""
        ...

    @property
    def platform(self) -> str:
        """Whose it is."""
        ...


T = TypeVar("T", bound=Told)


class Batch(Generic[T]):
    """Some events, and the position to go on behind. Two are the same when they are one object."""

    __slots__ = ("__weakref__", "events", "position")

    def __init__(self, events: Sequence[T], position: int) -> None:
        """Takes events in order, none of them behind `position`."""
        self.events = events
        self.position = position


class Chunk(Generic[T]):
    """Everything that happened behind one position and up to another."""

    __slots__ = ("_batches", "after", "last", "size")

    def __init__(self, events: Sequence[T], after: int, last: int) -> None:
        """Sorts `events` by platform."""
        self.after = after
        self.last = last
        self.size = len(events)
        found = defaultdict[str, list[T]](list)
        for event in events:
            found[event.platform].append(event)
        self._batches = {platform: Batch(of_platform, last) for platform, of_platform in found.items()}
        if events:
            # With one platform the batch is the same in everything but who is told the platform's name.
            self._batches[ALL] = Batch(events, last)

    @property
    def watched(self) -> Collection[str]:
        """Returns whom the chunk has something for: platforms, and ALL."""
        return self._batches.keys()

    def behind(self, position: int, platform: str) -> Batch[T] | None:
        """Returns what happened on a platform behind a position; None when that is nothing."""
        batch = self._batches.get(platform)
        if batch is None or position <= self.after:
            return batch
        events = [event for event in batch.events if event.position > position]
        return Batch(events, self.last) if events else None


class Window(Generic[T]):
    """Chunks without a gap between them, the oldest of which go when there are too many events."""

    def __init__(self, start: int, most_events: int) -> None:
        """Begins empty behind position `start`."""
        self._chunks = list[Chunk[T]]()
        self._lasts = list[int]()
        self._events = 0
        self._most_events = most_events
        self.start = start
        """Everything behind it, up to `end`, is held."""
        self.end = start
        self._nothing = Batch[T]((), start)

    def append(self, chunk: Chunk[T]) -> None:
        """Adds what comes next; ValueError when it does not."""
        if chunk.after != self.end:
            raise ValueError("chunk: must begin where the window ends")
        self._chunks.append(chunk)
        self._lasts.append(chunk.last)
        self._events += chunk.size
        self.end = chunk.last
        self._nothing = Batch[T]((), chunk.last)
        dropped = 0
        while self._events > self._most_events and dropped < len(self._chunks) - 1:
            self._events -= self._chunks[dropped].size
            self.start = self._chunks[dropped].last
            dropped += 1
        del self._chunks[:dropped], self._lasts[:dropped]

    def behind(self, position: int, platform: str) -> Batch[T] | None:
        """Returns the next events of a platform behind `position`, or none up to the end. None when some have gone."""
        if position < self.start:
            return None
        for place in range(bisect_right(self._lasts, position), len(self._chunks)):
            if batch := self._chunks[place].behind(position, platform):
                return batch
        # One object for all who are up to date: a heartbeat is rendered once.
        return self._nothing if position <= self.end else Batch((), position)
