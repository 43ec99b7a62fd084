"""Gives what happened to the webhooks that want to hear of it, in the order of positions, each event once.

One process at a time, by an advisory lock that ends with its transaction. Deliveries, their jobs and how far it came
commit together, so a killed pass leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from xacthuc.identity.adapters.tables import cursors, outbox
from xacthuc.identity.adapters.webhooks import sql_deliveries
from xacthuc.identity.adapters.webhooks.sql_deliveries import STREAM
from xacthuc.sql.engine import reading, transaction
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.identity.domain.events import AccountEvent
    from xacthuc.watching.tail import Tail

_LOOK_SECONDS: Final = 1.0
_POSITIONS_AT_ONCE: Final = 200
_EVENTS_AT_ONCE: Final = 500
_LOCK: Final = select(func.pg_try_advisory_xact_lock(func.hashtextextended(f"identity.{STREAM}", 0)))


class Dispatcher:
    """Runs beside the calls, in every process."""

    def __init__(
        self,
        engine: AsyncEngine,
        tail: Tail[AccountEvent],
        clock: Clock,
        *,
        given: Callable[[], None],
        on_lag: Callable[[float], None],
    ) -> None:
        """`given` hears of new deliveries; `on_lag` how long the oldest one that is pending waits, in seconds."""
        self._engine = engine
        self._tail = tail
        self._clock = clock
        self._given = given
        self._on_lag = on_lag
        self._wake = asyncio.Event()
        self._heard = True
        """Whether anybody hears of what happens, as far as this process has seen."""
        self._log = get_logger()

    def wake(self) -> None:
        """Says that rows got their positions."""
        self._wake.set()

    async def run(self) -> None:
        """Gives until cancelled. A database that is down is waited for."""
        while True:
            self._wake.clear()
            try:
                while await self.give():
                    pass
                await self._measure()
            except DatabaseUnavailable as error:
                self._log.warning("webhooks_wait_for_database", cause=str(error))
            pause_seconds = _LOOK_SECONDS * random.uniform(0.8, 1)
            if not self._heard:  # looking takes a dozen trips, which each batch of an import would cause for nobody
                await asyncio.sleep(pause_seconds)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_seconds):
                    await self._wake.wait()

    async def give(self) -> bool:
        """Gives some events; False when none are left, or when another process is at it."""
        places, now = await self._tail.places(), self._clock.now()
        async with reading(self._engine) as connection:
            if not await sql_deliveries.undispatched(connection):
                return False
        async with transaction(self._engine) as connection:
            if not await connection.scalar(_LOCK):
                return False
            after = await sql_deliveries.dispatched(connection)
            if after is None:  # the first time ever: nobody asked for what happened before
                await self._save(connection, (await outbox.ends(connection)).position)
                return False
            ends = await outbox.ends(connection)  # before the webhooks: one that is made now misses nothing behind it
            receivers = await sql_deliveries.active(connection)
            self._heard = bool(receivers)
            if not receivers:  # an import would be made a thousand events a batch, for nobody
                if after < ends.position:
                    await self._save(connection, ends.position)
                return False
            head, rows = await outbox.span(connection, after=after, until=after + _POSITIONS_AT_ONCE)
            if after >= head.position:
                return False
            until = min(after + _POSITIONS_AT_ONCE, head.position)
            last, events = next(self._tail.chunks(rows, places, until, _EVENTS_AT_ONCE))
            made = await sql_deliveries.give(connection, receivers, events, now)
            await self._save(connection, last)
        if made:
            self._given()
        return last < head.position

    async def _measure(self) -> None:
        async with reading(self._engine) as connection:
            oldest = await sql_deliveries.oldest_pending(connection)
        self._on_lag(0.0 if oldest is None else (self._clock.now() - oldest).total_seconds())

    async def _save(self, connection: AsyncConnection, position: int) -> None:
        saved = {"position": position.to_bytes(8, "big"), "update_time": self._clock.now()}
        await connection.execute(
            insert(cursors).values(stream=STREAM, **saved).on_conflict_do_update(index_elements=["stream"], set_=saved)
        )
