"""The sealer: chains what was committed, within a second, one sealer at a time in a whole deployment.

Every process runs one. As with the relay (`xacthuc.sql.relay`), an advisory lock that ends with its transaction lets one of
them work, and a pass that dies is rolled back whole: an entry is in the queue or in a seal, never in neither.
"""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, any_, bindparam, delete, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY

from xacthuc.audit.chain import Head
from xacthuc.audit.trail import line_of
from xacthuc.sql.engine import reading, transaction
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.audit.keeper import CheckpointKeeper
    from xacthuc.audit.trail import Trail
    from xacthuc.clock import Clock

BATCH: Final = 500
"""Entries a seal: some 15 ms of work, and with what they say a message of a few hundred KB when the trail is exported."""

INTERVAL: Final = timedelta(milliseconds=700)
"""Looks often enough that an entry is sealed within a second, jitter and work included, and not more often: a seal of ten
entries costs more than half of what one of a hundred does (docs/evidence.md)."""

_JITTER: Final = 0.2
IDS: Final = bindparam("ids", type_=ARRAY(BigInteger))


def lock_of(schema: str | None) -> Select[tuple[bool]]:
    """Returns what takes the lock of who may add seals or take old ones away, until the transaction ends, or says no."""
    return select(func.pg_try_advisory_xact_lock(func.hashtextextended(f"{schema}.audit", 0)))


class TrailSealer:
    """Seals one trail."""

    def __init__(
        self,
        engine: AsyncEngine,
        trail: Trail,
        clock: Clock,
        keeper: CheckpointKeeper,
        *,
        on_lag: Callable[[float], None],
    ) -> None:
        """Tells `on_lag` the age of the oldest entry without a seal, in seconds, at every look."""
        self._engine = engine
        self._trail = trail
        self._clock = clock
        self._keeper = keeper
        self._on_lag = on_lag
        self._log = get_logger()
        entries, queue = trail.entries, trail.unsealed
        self._lock = lock_of(trail.schema)
        # An entry that is gone has still its place in the queue: that is to be noticed, not passed by.
        self._oldest = (
            select(entries.c.time)
            .select_from(queue.outerjoin(entries, entries.c.id == queue.c.id))
            .order_by(queue.c.id)
            .limit(1)
        )
        self._waiting = select(queue.c.id).order_by(queue.c.id).limit(BATCH)
        self._rows = select(entries).where(entries.c.id == any_(IDS))
        self._done = delete(queue).where(queue.c.id == any_(IDS))

    async def run(self) -> None:
        """Seals until cancelled. A database that is down is waited for."""
        while True:
            try:
                while await self.seal() == BATCH:
                    pass
                await self._keeper.keep()
            except DatabaseUnavailable as error:
                self._log.warning("audit_waits_for_database", cause=str(error))
            await asyncio.sleep(INTERVAL.total_seconds() * (1 + random.random() * _JITTER))

    async def seal(self) -> int:
        """Seals up to a batch of entries; returns how many: 0 also when another process is at it."""
        now = self._clock.now()
        async with reading(self._engine) as connection:
            oldest = (await connection.execute(self._oldest)).first()
        # Told by every process, so that the alarm does not depend on whoever has the lock.
        time = None if oldest is None else oldest.time
        self._on_lag(0.0 if time is None else max((now - time).total_seconds(), 0.0))
        if oldest is None:
            return 0
        async with transaction(self._engine) as connection:
            if not await connection.scalar(self._lock):
                return 0
            ids = list(await connection.scalars(self._waiting))
            if ids:
                await self._add(connection, ids)
        return len(ids)

    async def _add(self, connection: AsyncConnection, ids: list[int]) -> None:
        rows = await connection.execute(self._rows, {"ids": ids})
        lines = {row.id: line_of(row) for row in rows}
        head = await head_of(connection, self._trail)
        seal = head.sealed(lines, ids, self._clock.now())
        if len(lines) < len(ids):
            self._log.error("audit_entries_gone", seal=seal.number, count=len(ids) - len(lines))
        await connection.execute(
            insert(self._trail.seals).values(
                number=seal.number,
                time=seal.time,
                entries=seal.entries,
                ids=ids,
                digests=b"".join(seal.digests),
                chain=seal.chain,
            )
        )
        await connection.execute(self._done, {"ids": ids})


async def head_of(connection: AsyncConnection, trail: Trail) -> Head:
    """Returns where the chain stands; its origin before the first seal."""
    of = trail.seals.c
    row = (
        await connection.execute(select(of.number, of.entries, of.chain).order_by(of.number.desc()).limit(1))
    ).one_or_none()
    return Head() if row is None else Head(number=row.number, entries=row.entries, chain=bytes(row.chain))
