"""The months of the session log: partitions made ahead of time, and dropped when the policy's time is over (R48, R49)."""

from __future__ import annotations

import asyncio
import random
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select, text

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.identity.adapters.tables import platforms, trail
from xacthuc.identity.domain.sessions import Month, oldest_kept
from xacthuc.policy.dates import local_date
from xacthuc.sql.engine import transaction
from xacthuc.sql.errors import DatabaseRefused, DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.sessions.held import HeldSessions
    from xacthuc.identity.adapters.sessions.keys import SessionKeys

_INTERVAL: Final = timedelta(hours=1)
_AHEAD: Final = 2
"""Months made ahead: a service that is down for one finds its partition."""
_NAME: Final = re.compile(r"session_log_([0-9]{4})([0-9]{2})")
_ONE_AT_A_TIME: Final = select(func.pg_advisory_xact_lock(func.hashtextextended("identity.session_log", 0)))
_PARTITIONS: Final = text(
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = 'identity.session_log'::regclass"
)


class SessionMonths:
    """Runs beside the calls, in every process; one at a time is at it."""

    def __init__(self, engine: AsyncEngine, keys: SessionKeys, held: HeldSessions, clock: Clock, months: int) -> None:
        """`months` is how long a month is kept after its end."""
        self._engine = engine
        self._keys = keys
        self._held = held
        self._clock = clock
        self._months = months
        self._there: set[Month] = set()
        self._log = get_logger()

    async def run(self) -> None:
        """Looks now and then until cancelled, the first time at once."""
        while True:
            try:
                await self.keep()
            except (DatabaseUnavailable, DatabaseRefused) as error:
                self._log.warning("session_months_wait", cause=type(error).__name__)
            await asyncio.sleep(_INTERVAL.total_seconds() * random.uniform(0.5, 1))

    async def keep(self) -> None:
        """Makes the months to come, and destroys those whose time is over."""
        now = self._clock.now()
        current = Month.of(local_date(now)).number
        await self.ensure([Month(each) for each in range(current, current + _AHEAD + 1)])
        oldest = oldest_kept(now, self._months)
        async with transaction(self._engine) as connection:
            there = await _months(connection)
        for month in sorted((each for each in there if each.number < oldest.number), key=lambda each: each.number):
            await self._destroy(month, now)

    async def ensure(self, months: Collection[Month]) -> None:
        """Makes the partitions that there are not yet: those of the past when their first entry comes."""
        wanted = [month for month in months if month not in self._there]
        if not wanted:
            return
        async with transaction(self._engine) as connection:
            await connection.execute(_ONE_AT_A_TIME)
            there = await _months(connection)
            for month in wanted:
                if month not in there:
                    await _make(connection, month)
        self._there.update(wanted)

    async def _destroy(self, month: Month, now: datetime) -> None:
        """Destroys the keys first: from then on nothing opens the rows, whatever happens to the process.

        Before, what legal holds keep is put aside.
        """
        await self._held.put_aside(month)
        async with transaction(self._engine) as connection:
            names = (await connection.scalars(select(platforms.c.platform))).all()
        for platform in names:
            await self._keys.destroy(platform, month.days, now)
        self._there.discard(month)
        async with transaction(self._engine) as connection:
            await connection.execute(_ONE_AT_A_TIME)
            if month not in await _months(connection):
                return
            await connection.execute(text(f"DROP TABLE identity.{_name(month)}"))
            entry = Entry(
                tag=Tag.SESSION_MONTH_DESTROYED,
                time=now,
                platform="",
                subject=month.first.isoformat(),
                actor="peer:identity",
                request_id="",
                trace_id="",
            )
            await trail.write(connection, [entry])


async def _months(connection: AsyncConnection) -> set[Month]:
    found = (await connection.scalars(_PARTITIONS)).all()
    named = filter(None, map(_NAME.fullmatch, found))
    return {Month(int(name[1]) * 12 + int(name[2]) - 1) for name in named}


async def _make(connection: AsyncConnection, month: Month) -> None:
    """Attaches a table rather than creating a partition, which would keep everybody from writing meanwhile."""
    name, begin, end = _name(month), month.start.isoformat(), month.following.start.isoformat()
    await connection.execute(text(f"CREATE TABLE identity.{name} (LIKE identity.session_log INCLUDING ALL)"))
    await connection.execute(
        text(
            f"ALTER TABLE identity.session_log ATTACH PARTITION identity.{name}"
            f" FOR VALUES FROM ('{begin}') TO ('{end}')"
        )
    )


def _name(month: Month) -> str:
    return f"session_log_{month.first:%Y%m}"
