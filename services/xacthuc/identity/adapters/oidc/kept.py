"""What a provider publishes, kept for a while: fetched once for all who wait, again when it grew old or proved stale."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from xacthuc.clock import Clock

T = TypeVar("T")

_BETWEEN_RENEWALS_MS: Final = 10_000
"""A provider that rotates does so at most a few times a day: more often it is asked by nobody's tokens but forged ones."""


class Kept(Generic[T]):
    """One published document as it was understood."""

    def __init__(self, fetch: Callable[[], Awaitable[T]], clock: Clock, *, life_ms: int) -> None:
        """Takes how to get it, and for how long it is believed."""
        self._fetch = fetch
        self._clock = clock
        self._life_ms = life_ms
        self._value: T | None = None
        self._fetched_ms = 0
        self._next_renewal_ms = 0
        self._one_at_a_time = asyncio.Lock()

    def fresh(self) -> T | None:
        """Returns it if it is there and still believed."""
        return self._value if self._clock.now_ms() - self._fetched_ms < self._life_ms else None

    async def get(self) -> T:
        """Returns it, fetching it when none is believed any more. Raises what fetching raises."""
        if (value := self.fresh()) is not None:
            return value
        async with self._one_at_a_time:
            if (value := self.fresh()) is not None:
                return value
            return await self._fetch_now()

    async def newer_than(self, stale: T) -> T | None:
        """Returns a newer one than `stale`, or None when it was asked for a moment ago. Raises what fetching raises."""
        async with self._one_at_a_time:
            if self._value is not None and self._value is not stale:
                return self._value
            now_ms = self._clock.now_ms()
            if now_ms < self._next_renewal_ms:
                return None
            self._next_renewal_ms = now_ms + _BETWEEN_RENEWALS_MS
            return await self._fetch_now()

    async def _fetch_now(self) -> T:
        value = await self._fetch()
        self._value, self._fetched_ms = value, self._clock.now_ms()
        return value
