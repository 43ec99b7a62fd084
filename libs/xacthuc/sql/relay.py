"""The relay: gives committed outbox rows their positions, one relay at a time in a whole deployment.

Every process runs one; an advisory lock that ends with its transaction lets one of them work, so that nothing has to be
elected and a killed one leaves nothing behind. A pass that dies is rolled back whole, and the next one begins anew.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from xacthuc.sql.engine import reading, transaction
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from sqlalchemy.ext.asyncio import AsyncEngine

_BATCH: Final = 1_000
"""Rows a transaction: a few milliseconds of work, so that a standby never waits long."""

_JITTER: Final = 0.2


class Relay:
    """Assigns positions in one schema."""

    def __init__(
        self,
        engine: AsyncEngine,
        schema: str,
        *,
        interval: timedelta,
        on_lag: Callable[[float], None],
        on_placed: Callable[[], None] = lambda: None,
    ) -> None:
        """Looks every `interval` (and when woken); tells `on_lag` the age of the oldest row it found, in seconds.

        `on_placed` hears of rows that got their positions, so that readers in this process look at once.
        """
        self._engine = engine
        self._interval_seconds = interval.total_seconds()
        self._on_lag = on_lag
        self._on_placed = on_placed
        self._wake = asyncio.Event()
        self._log = get_logger()
        self._lock = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))").bindparams(
            name=f"{schema}.outbox"
        )
        self._oldest = text(
            f"""
            SELECT extract(epoch FROM clock_timestamp() - time) FROM {schema}.outbox
            WHERE position IS NULL ORDER BY id LIMIT 1
            """  # noqa: S608 - as below
        )
        # `position` starts behind the head; the head moves by as many rows as got one, in the same statement.
        self._place = text(
            f"""
            WITH unplaced AS (
                SELECT id, time, row_number() OVER (ORDER BY id) AS rank FROM (
                    SELECT id, time FROM {schema}.outbox WHERE position IS NULL ORDER BY id LIMIT {_BATCH}
                ) AS oldest
            ), placed AS (
                UPDATE {schema}.outbox AS o SET position = h.position + u.rank
                FROM unplaced AS u, {schema}.outbox_head AS h WHERE o.id = u.id
                RETURNING 1
            ), moved AS (
                UPDATE {schema}.outbox_head SET position = position + (SELECT count(*) FROM placed)
                WHERE EXISTS (SELECT 1 FROM unplaced)
            )
            SELECT count(*) FROM placed
            """  # noqa: S608 - the schema is a constant of the service, the batch one of this module
        )

    def wake(self) -> None:
        """Says that something was appended, so that this process looks at once."""
        self._wake.set()

    async def run(self) -> None:
        """Places rows until cancelled. A database that is down is waited for."""
        while True:
            try:
                while await self.place() == _BATCH:
                    pass
            except DatabaseUnavailable as error:
                self._log.warning("outbox_waits_for_database", cause=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval_seconds * (1 + random.random() * _JITTER)):
                    await self._wake.wait()
            self._wake.clear()

    async def place(self) -> int:
        """Places up to a batch of rows; returns how many: 0 also when another process is at it."""
        async with reading(self._engine) as connection:
            oldest_seconds = await connection.scalar(self._oldest)
        self._on_lag(float(oldest_seconds or 0.0))
        if oldest_seconds is None:
            return 0
        async with transaction(self._engine) as connection:
            if not await connection.scalar(self._lock):
                return 0
            placed: int = (await connection.execute(self._place)).scalar_one()
        if placed:
            self._on_placed()
        return placed
