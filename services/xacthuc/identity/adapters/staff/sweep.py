"""Forgets sign-ins that came to nothing, and sessions a day after their end, in the store first."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from xacthuc.identity.adapters.staff.tables import staff_sessions, staff_sign_ins
from xacthuc.sql.engine import transaction
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.credentials.publisher import SessionPublisher

_KEPT: Final = timedelta(days=1)
"""How long a session is known after its end, so that its holder is told which end it was."""
_INTERVAL: Final = timedelta(hours=1)
_AT_ONCE: Final = 500


class StaffSweep:
    """Runs beside the calls, in every process: what several forget at once is forgotten once."""

    def __init__(self, engine: AsyncEngine, publisher: SessionPublisher, clock: Clock) -> None:
        """Takes the pool for writes, and where servers hear of sessions."""
        self._engine = engine
        self._publisher = publisher
        self._clock = clock

    async def run(self) -> None:
        """Forgets every hour until cancelled."""
        while True:
            try:
                while await self.forget():
                    pass
            except (DatabaseUnavailable, StoreError):
                get_logger().warning("sessions_not_forgotten")
            await asyncio.sleep(_INTERVAL.total_seconds())

    async def forget(self) -> bool:
        """Forgets some; returns whether there may be more."""
        now, of = self._clock.now(), staff_sessions.c
        old = select(of.session).where(of.expire_time < now - _KEPT).limit(_AT_ONCE)
        async with transaction(self._engine) as connection:
            await connection.execute(delete(staff_sign_ins).where(staff_sign_ins.c.expire_time < now))
            sessions = list(await connection.scalars(old))
        if not sessions:
            return False
        # Told first: of what the database forgot nobody could tell the store.
        await self._publisher.drop(sessions)
        async with transaction(self._engine) as connection:
            await connection.execute(delete(staff_sessions).where(of.session.in_(sessions)))
        return len(sessions) == _AT_ONCE
