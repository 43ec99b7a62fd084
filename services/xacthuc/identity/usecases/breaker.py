"""Whether the database is down, judged by how questions to it end.

A lost connection says so at once. A question that merely takes too long says nothing about the others, unless nobody got
an answer meanwhile: a server that hangs looks no different from a slow one to each that waits.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

PAUSE: Final = timedelta(seconds=1)
"""How long a database that is down is left alone between two tries: waiting for it would hold up each call."""

SILENCE: Final = timedelta(seconds=3)
"""As long as one question may take at most (2 s for a connection, 1 s for its statement); see `main.py`."""

_PAUSE_MS: Final = PAUSE // timedelta(milliseconds=1)
_SILENCE_MS: Final = SILENCE // timedelta(milliseconds=1)


class Breaker:
    """What one process knows of the database. All times are milliseconds since the Unix epoch."""

    def __init__(self) -> None:
        """Believes the database to be up."""
        self.is_down = False
        self._next_try_ms = 0
        self._busy_since_ms = 0
        self._busy_last_ms = 0

    def answered(self) -> None:
        """The database answered somebody."""
        self.is_down = False
        self._busy_last_ms = 0

    def lost(self, now_ms: int) -> None:
        """The database could not be reached."""
        self.is_down = True
        self._next_try_ms = now_ms + _PAUSE_MS

    def busy(self, now_ms: int) -> None:
        """A question was not answered in time; the last of many, without an answer between them, tells of an outage."""
        if now_ms - self._busy_last_ms > _SILENCE_MS:
            self._busy_since_ms = now_ms
        self._busy_last_ms = now_ms
        if self.is_down or now_ms - self._busy_since_ms >= _SILENCE_MS:
            self.lost(now_ms)

    def rests(self, now_ms: int) -> bool:
        """Whether to leave the database alone. Who is told not to is the one who tries; others wait for what comes of it."""
        if not self.is_down:
            return False
        if now_ms < self._next_try_ms:
            return True
        self._next_try_ms = now_ms + _PAUSE_MS
        return False
