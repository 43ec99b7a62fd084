"""Forgets what was to be kept for a time only: requests, once nobody may repeat them any more."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.identity.adapters.sql_requests import forget_requests
from xacthuc.identity.adapters.sql_sign_ins import forget_sign_ins
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock

_INTERVAL: Final = timedelta(hours=1)


class Housekeeping:
    """Runs beside the calls, in every process; rows another one is deleting are skipped."""

    def __init__(self, engine: AsyncEngine, clock: Clock, requests_kept: timedelta) -> None:
        """`requests_kept` is policy: how long a repeated request id gets its answer."""
        self._engine = engine
        self._clock = clock
        self._kept = requests_kept
        self._log = get_logger()

    async def run(self) -> None:
        """Forgets now and then until cancelled, at a random time within each hour so that processes take turns."""
        while True:
            await asyncio.sleep(_INTERVAL.total_seconds() * random.random())
            try:
                while await forget_requests(self._engine, self._clock.now() - self._kept):
                    pass
                while await forget_sign_ins(self._engine, self._clock.now()):
                    pass
            except DatabaseUnavailable:
                self._log.warning("requests_not_forgotten")
            await asyncio.sleep(_INTERVAL.total_seconds() / 2)
