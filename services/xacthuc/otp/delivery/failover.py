"""Sends a code again through somebody else when no receipt says in time that it arrived, or one says that it did not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.ports import Deadlines, Overdue, Tenure
    from xacthuc.otp.delivery.routes import Routes
    from xacthuc.telemetry.metrics import Metrics

_log: Final = get_logger()

_TURNS: Final = 8
"""In which all partitions are looked at once: 256 questions at a time would keep the codes of that moment waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failover:
    """Looks at the deadlines of the held partitions. Any worker may: the store lets each deadline pass once."""

    deadlines: Deadlines
    routes: Routes
    clock: Clock
    metrics: Metrics

    async def run(self, held: Callable[[], Mapping[int, Tenure]], poll_seconds: float) -> None:
        """Looks at all held partitions, again and again, until canceled."""
        while True:
            for turn in range(_TURNS):
                try:
                    await self.look(tuple(held().values())[turn::_TURNS])
                except StoreError as error:
                    _log.warning("deadlines_not_read", cause=str(error))
                await asyncio.sleep(poll_seconds / _TURNS)

    async def look(self, tenures: Collection[Tenure]) -> None:
        """Acts upon what is overdue in these partitions. StoreUnavailable: what is left is found at the next look."""
        late = await self.deadlines.overdue(tenures, self.clock.now_ms())
        await asyncio.gather(*(self._resolve(tenure, overdue) for tenure, overdue in late))

    async def _resolve(self, tenure: Tenure, overdue: Overdue) -> None:
        others = self._others(overdue)
        if await self.deadlines.resolve(tenure, overdue, self.clock.now_ms(), others=others):
            self.metrics.failovers.add(overdue.provider)
            _log.info("sent_again", provider=overdue.provider, send=overdue.send)

    def _others(self, overdue: Overdue) -> bool:
        """Tells whether somebody serves the message who has not had it; the courier looks closer."""
        channels = {overdue.channel, *self.routes.fallback.get(overdue.channel, ())}
        return any(
            route.provider.name not in overdue.used and not channels.isdisjoint(route.provider.channels)
            for route in self.routes.all
        )
