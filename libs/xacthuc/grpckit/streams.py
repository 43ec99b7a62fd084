"""How long a stream lasts: half an hour and a bit, or until the process drains.

Streams have no deadline ceiling, but none lasts for ever: an end spreads them over the servers there are now, and the
jitter keeps those that began together from coming back together. A stream ends with OK; its reader comes back with its
cursor. At a drain it ends with UNAVAILABLE, so that the reader goes to another process at once.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.errors import Unavailable
from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIFETIME: Final = timedelta(minutes=30)
_JITTER: Final = 0.2


class Streams:
    """The streams of a process."""

    def __init__(self, lifetime: timedelta = LIFETIME) -> None:
        """`lifetime` is the shortest a stream may last; up to a fifth is added to each."""
        self._lifetime_seconds = lifetime.total_seconds()
        self._open: set[asyncio.Timeout] = set()
        self._draining = False

    def lifetime_seconds(self) -> float:
        """Returns how long one stream may last."""
        return self._lifetime_seconds * (1 + random.random() * _JITTER)

    @asynccontextmanager
    async def lasting(self, seconds: float) -> AsyncIterator[None]:
        """Ends its block after `seconds`, silently, or at the drain, with Unavailable."""
        if self._draining:
            raise _draining()
        timer = asyncio.timeout(seconds)
        try:
            async with timer:
                self._open.add(timer)
                yield
        except TimeoutError:
            if self._draining:
                raise _draining() from None
            if not timer.expired():
                raise
        finally:
            self._open.discard(timer)

    def drain(self) -> None:
        """Ends every stream and lets none begin."""
        self._draining = True
        now = asyncio.get_running_loop().time()
        for timer in self._open:
            timer.reschedule(now)


def _draining() -> Unavailable:
    return Unavailable(Reason.SHUTTING_DOWN, "this server is shutting down; connect again")
