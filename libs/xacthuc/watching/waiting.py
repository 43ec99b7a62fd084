"""Watchers that are up to date: each waits for something to happen on its platform, or for its heartbeat.

One timer looks after all heartbeats. `asyncio.wait` makes a set, two coroutines and a timer for whoever waits, and of each of
thousands of watchers that was more than all else that is kept here (docs/evidence.md).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOOK_SECONDS: Final = 0.5
"""A heartbeat may be late by as much."""


class Waiting:
    """Who waits, by platform."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._of: dict[str, dict[asyncio.Future[None], float]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def join(self, platform: str, beat: float) -> asyncio.Future[None]:
        """Returns what is done once something happens on a platform, or at `beat` on the event loop's clock.

        It is the caller's own: who gives it up cancels nobody else's, and says so by `leave`.
        """
        loop = asyncio.get_running_loop()
        news = loop.create_future()
        self._of.setdefault(platform, {})[news] = beat
        if self._timer is None:
            self._timer = loop.call_later(_LOOK_SECONDS, self._look)
        return news

    def leave(self, platform: str, news: asyncio.Future[None]) -> None:
        """Forgets somebody, who may have been told already."""
        waiting = self._of.get(platform)
        if waiting is not None:
            waiting.pop(news, None)
            if not waiting:
                del self._of[platform]

    def tell(self, platform: str) -> None:
        """Says that something happened on a platform."""
        _tell(self._of.pop(platform, ()))

    def tell_all(self) -> None:
        """Says so to everybody."""
        for platform in list(self._of):
            self.tell(platform)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for platform, waiting in list(self._of.items()):
            due = [news for news, beat in waiting.items() if beat <= now]
            for news in due:
                del waiting[news]
            if not waiting:
                del self._of[platform]
            _tell(due)
        self._timer = loop.call_later(_LOOK_SECONDS, self._look) if self._of else None


def _tell(waiting: Iterable[asyncio.Future[None]]) -> None:
    for news in waiting:
        if not news.done():  # its watcher may have been cancelled this very moment
            news.set_result(None)
