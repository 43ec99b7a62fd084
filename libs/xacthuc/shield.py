"""Work that goes on although whoever asked for it has gone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


class Shield:
    """Carries work through to its end although its caller has gone."""

    def __init__(self) -> None:
        """Nothing is under way."""
        # The loop keeps weak references only: without this set an abandoned task may be collected half-way.
        self._tasks: set[asyncio.Task[object]] = set()

    async def finish(self, work: Coroutine[object, object, T]) -> T:
        """Returns what `work` returns; when the caller is cancelled, `work` goes on."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waits is told; when the caller has gone, nobody needs to be

    async def drain(self) -> None:
        """Waits for everything that goes on."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
