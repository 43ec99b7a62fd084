"""Work that is done about once an hour in every process, at a time of its own."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_INTERVAL: Final = timedelta(hours=1)


async def hourly(work: Callable[[], Awaitable[None]], put_off: str) -> None:
    """Does `work` until cancelled, at a random time within each hour so that processes take turns.

    When the database is down the log says `put_off`, and it is done the next time.
    """
    log = get_logger()
    while True:
        await asyncio.sleep(_INTERVAL.total_seconds() * random.random())
        try:
            await work()
        except DatabaseUnavailable:
            log.warning(put_off)
        await asyncio.sleep(_INTERVAL.total_seconds() / 2)
