"""Which looks at what shows nothing of a person are written down: the first in each minute of one operator at one thing.

Whoever watches a run asks every second; a trail that is kept for years need not say so each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

EVERY_MS: Final = 60_000
_MOST: Final = 10_000
"""Looks that are remembered: more than operators have eyes."""


class Looks:
    """The looks of the last minute at this process."""

    def __init__(self) -> None:
        """Remembers nothing yet."""
        self._noted: dict[tuple[str, ...], int] = {}

    async def note(self, look: tuple[str, ...], now_ms: int, write: Callable[[], Awaitable[None]]) -> None:
        """Has a look written down, unless the same one was within the minute; what could not be written is not remembered."""
        before = self._noted.get(look)
        if before is not None and now_ms - before < EVERY_MS:
            return
        await write()
        if len(self._noted) >= _MOST:
            recent = {each: at for each, at in self._noted.items() if now_ms - at < EVERY_MS}
            self._noted = recent if len(recent) < _MOST else {}
        self._noted[look] = now_ms
