"""Deletes entries whose time is over, by whole seals from the beginning, and leaves a signed statement of where it ended.

What is left stays verifiable: the chain begins behind the statement. The last seal always stays.
"""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from sqlalchemy import any_, delete, func, insert, select

from xacthuc.audit.chain import Head
from xacthuc.audit.checkpoints import Kind
from xacthuc.audit.schema import PRUNING
from xacthuc.audit.sealer import IDS, lock_of
from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.sql.engine import transaction
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.audit.checkpoints import CheckpointSigner
    from xacthuc.audit.keeper import CheckpointKeeper
    from xacthuc.audit.trail import Trail
    from xacthuc.clock import Clock

_INTERVAL: Final = timedelta(hours=1)
SEALS_AT_ONCE: Final = 100
"""A transaction deletes at the most 50 000 entries."""


class TrailPruning:
    """Runs beside the calls, in every process; one at a time works."""

    def __init__(
        self,
        engine: AsyncEngine,
        trail: Trail,
        clock: Clock,
        signer: CheckpointSigner,
        keeper: CheckpointKeeper,
        *,
        kept_since: Callable[[datetime], datetime | None],
    ) -> None:
        """`kept_since` says, at a time, from when on entries have to be kept; None for ever."""
        self._engine = engine
        self._trail = trail
        self._clock = clock
        self._signer = signer
        self._keeper = keeper
        self._kept_since = kept_since
        self._log = get_logger()

    async def run(self) -> None:
        """Looks now and then until cancelled, at a random time within each hour."""
        while True:
            await asyncio.sleep(_INTERVAL.total_seconds() * random.uniform(0.5, 1.5))
            try:
                while await self.prune():
                    pass
            except DatabaseUnavailable:
                self._log.warning("audit_not_pruned")

    async def prune(self) -> int:
        """Deletes up to a batch of seals with their entries; returns how many: 0 also when another process is at it."""
        now = self._clock.now()
        since = self._kept_since(now)
        if since is None:
            return 0
        trail, of = self._trail, self._trail.seals.c
        async with transaction(self._engine) as connection:
            if not await connection.scalar(lock_of(trail.schema)):
                return 0
            newest = select(func.max(of.number)).scalar_subquery()
            found = await connection.execute(
                select(of.number, of.time, of.entries, of.ids, of.chain)
                .where(of.number < newest)
                .order_by(of.number)
                .limit(SEALS_AT_ONCE)
            )
            # A seal is never older than what it seals.
            old = list(takewhile(lambda row: row.time < since, found))
            if not old:
                return 0
            last = old[-1]
            ended = self._signer.sign(
                Kind.PRUNED, Head(number=last.number, entries=last.entries, chain=bytes(last.chain)), now
            )
            ids = [each for row in old for each in row.ids]
            await connection.execute(select(func.set_config(PRUNING, "on", True)))
            await connection.execute(delete(trail.entries).where(trail.entries.c.id == any_(IDS)), {"ids": ids})
            await connection.execute(delete(trail.seals).where(of.number <= last.number))
            await connection.execute(insert(trail.pruned).values(number=last.number, statement=ended.line()))
            await trail.write(connection, [_entry(last.number, len(ids), since, now)])
        await self._keeper.state(ended)
        return len(old)


def _entry(seal: int, entries: int, since: datetime, now: datetime) -> Entry:
    return Entry(
        tag=Tag.TRAIL_PRUNED,
        time=now,
        platform="",
        subject="audit",
        actor="policy:retention.audit_months",
        request_id="",
        trace_id="",
        detail={"up_to_seal": seal, "entries": entries, "kept_since": since.isoformat()},
    )
