"""The only source of time. Everything that needs "now" is given a clock, so tests move time instead of waiting."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time in UTC."""

    def now(self) -> datetime:
        """Returns the present as an aware UTC datetime."""
        ...

    def now_ms(self) -> int:
        """Returns the present in milliseconds since the Unix epoch, the unit of every store script."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Returns the present as an aware UTC datetime."""
        return datetime.now(UTC)

    def now_ms(self) -> int:
        """Returns the present in milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000


class FixedClock:
    """Stands still until told to move: for tests and for the sandbox's virtual time."""

    def __init__(self, start: datetime) -> None:
        """Starts at `start`, which must be aware."""
        if start.tzinfo is None:
            raise ValueError("a clock starts at an aware datetime; give it a tzinfo")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Returns the instant the clock stands at."""
        return self._now

    def now_ms(self) -> int:
        """Returns the instant the clock stands at in milliseconds since the Unix epoch."""
        return (self._now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

    def advance(self, by: timedelta) -> None:
        """Moves the clock forward by `by`."""
        if by < timedelta(0):
            raise ValueError("time does not run backwards; advance by a positive timedelta")
        self._now += by
