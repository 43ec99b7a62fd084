"""The kill switches as the worker sees them: bars on the budgets of a platform and of all, read again and again."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from xacthuc.otp.adapters.valkey_limits import platform_key

if TYPE_CHECKING:
    from xacthuc.clock import Clock
    from xacthuc.ratelimit.limiter import Limiter

_GOOD_FOR_SECONDS: Final = 0.5
"""Sending ends within a second of the switch: half for what is remembered, half for what is on its way by then."""

_EVERYBODY: Final = ""


@dataclass(slots=True)
class _Known:
    barred_until_ms: int = 0
    good_until: float = 0.0
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True, kw_only=True)
class ValkeySwitches:
    """Implements `ports.Switches`. Remembers one instant for each platform that sends."""

    limiter: Limiter
    clock: Clock
    _known: dict[str, _Known] = field(default_factory=dict)

    async def stopped(self, platform: str) -> bool:
        """Asks the store at most twice a second for each platform, and once more for all."""
        return await self._barred(_EVERYBODY) or await self._barred(platform)

    async def _barred(self, platform: str) -> bool:
        known = self._known.setdefault(platform, _Known())
        if time.monotonic() >= known.good_until:
            async with known.reading:
                await self._read(platform, known)
        return known.barred_until_ms > self.clock.now_ms()

    async def _read(self, platform: str, known: _Known) -> None:
        began = time.monotonic()
        if began < known.good_until:
            return  # somebody else has read while this one waited for the lock
        known.barred_until_ms = (await self.limiter.read(platform_key(platform))).barred_until_ms
        known.good_until = began + _GOOD_FOR_SECONDS
