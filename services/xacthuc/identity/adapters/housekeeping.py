"""Forgets what was to be kept for a time only: requests that nobody may repeat, moves that no longer count, old events.

Also whom locks bound that are over.
"""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete

from xacthuc.identity.adapters.locks.tables import lock_identities
from xacthuc.identity.adapters.sql_imports import forget_batches
from xacthuc.identity.adapters.sql_requests import forget_requests
from xacthuc.identity.adapters.sql_sign_ins import forget_sign_ins
from xacthuc.identity.adapters.tables import jobs, number_moves, outbox
from xacthuc.sql.engine import transaction
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.policy import Policy

_INTERVAL: Final = timedelta(hours=1)
_ATTEMPTS_KEPT: Final = timedelta(days=30)
"""What became of a job that is over: as long as a complaint about it takes."""


class Housekeeping:
    """Runs beside the calls, in every process; rows another one is deleting are skipped."""

    def __init__(self, engine: AsyncEngine, clock: Clock, policy: Policy) -> None:
        """All times are policy: how long requests are repeated, moves of a number counted, and events told."""
        self._engine = engine
        self._clock = clock
        self._requests_kept = timedelta(days=policy.identity.request_id_days)
        self._moves_kept = timedelta(days=policy.number_moves.days)
        self._events_kept = timedelta(days=policy.events.kept_days)
        self._log = get_logger()

    async def run(self) -> None:
        """Forgets now and then until cancelled, at a random time within each hour so that processes take turns."""
        while True:
            await asyncio.sleep(_INTERVAL.total_seconds() * random.random())
            try:
                await self.forget()
            except DatabaseUnavailable:
                self._log.warning("not_forgotten")
            await asyncio.sleep(_INTERVAL.total_seconds() / 2)

    async def forget(self) -> None:
        """Forgets everything whose time is over."""
        now = self._clock.now()
        while await forget_requests(self._engine, now - self._requests_kept):
            pass
        while await forget_batches(self._engine, now - self._requests_kept):
            pass
        while await forget_sign_ins(self._engine, now):
            pass
        while await self._forget_attempts(now - _ATTEMPTS_KEPT):
            pass
        while await self._forget_events(now - self._events_kept):
            pass
        async with transaction(self._engine) as connection:
            await connection.execute(delete(number_moves).where(number_moves.c.move_time <= now - self._moves_kept))
            await connection.execute(delete(lock_identities).where(lock_identities.c.expire_time <= now))

    async def _forget_attempts(self, before: datetime) -> int:
        async with transaction(self._engine) as connection:
            return await jobs.forget_attempts(connection, before)

    async def _forget_events(self, before: datetime) -> int:
        async with transaction(self._engine) as connection:
            until = (await outbox.ends(connection)).position
            return await outbox.forget(connection, before=before, until=until)
