"""Destroys what was to be kept for a time only."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, delete, exists, select, tuple_

from xacthuc.livestream.adapters.rows import OVER_SINCE
from xacthuc.livestream.adapters.tables import (
    broadcasters,
    broadcasts,
    decisions,
    declarations,
    exports,
    jobs,
    outbox,
    requests,
)
from xacthuc.livestream.domain.broadcast import State
from xacthuc.policy.dates import months_after
from xacthuc.sql.engine import transaction
from xacthuc.sql.hourly import hourly
from xacthuc.sql.sweep import sweep

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Table
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.policy import Policy

_AT_ONCE: Final = 500


class Housekeeping:
    """Runs beside the calls, in every process; rows another one is deleting are skipped."""

    def __init__(self, engine: AsyncEngine, clock: Clock, policy: Policy) -> None:
        """Takes the pool, and for how long what is kept."""
        self._engine = engine
        self._clock = clock
        self._policy = policy

    async def run(self) -> None:
        """Forgets now and then until cancelled."""
        await hourly(self.forget, "not_forgotten")

    async def forget(self) -> None:
        """Destroys everything whose time is over."""
        now, policy = self._clock.now(), self._policy
        while await self._records(months_after(now, -policy.livestream.record_months)):
            pass
        answered = now - timedelta(days=policy.identity.request_id_days)
        await self._sweep(requests, requests.c.create_time < answered)
        await self._sweep(exports, exports.c.time < months_after(now, -policy.retention.record_months))
        async with transaction(self._engine) as connection:
            await jobs.forget_attempts(connection, now - timedelta(days=policy.retention.job_attempt_days))
        async with transaction(self._engine) as connection:
            told, end = now - timedelta(days=policy.events.kept_days), await outbox.ends(connection)
            await outbox.forget(connection, before=told, until=end.position)

    async def _sweep(self, table: Table, old: ColumnElement[bool]) -> None:
        deleted = _AT_ONCE
        while deleted == _AT_ONCE:
            async with transaction(self._engine) as connection:
                deleted = (await connection.execute(sweep(table, old, _AT_ONCE))).rowcount

    async def _records(self, before: datetime) -> bool:
        """Destroys what is on record of broadcasts that are over for so long; whether there may be more."""
        of, whose = broadcasts.c, broadcasters.c
        # Created before it was over: what the index finds is more than enough.
        old = (of.state != State.LIVE, of.create_time < before, before > OVER_SINCE)
        async with transaction(self._engine) as connection:
            found = await connection.execute(select(of.platform, of.account).where(*old).distinct().limit(_AT_ONCE))
            concerned: list[Any] = [tuple(row) for row in found]
            # First the accounts, as everybody does who changes broadcasts of theirs.
            account = tuple_(whose.platform, whose.account)
            held = await connection.execute(
                select(whose.platform, whose.account)
                .where(account.in_(concerned))
                .order_by(whose.platform, whose.account)
                .with_for_update(skip_locked=True)
            )
            accounts: list[Any] = [tuple(row) for row in held]
            await _destroy(connection, accounts, old)
        return len(concerned) == _AT_ONCE and bool(accounts)


async def _destroy(connection: AsyncConnection, accounts: list[Any], old: tuple[ColumnElement[bool], ...]) -> None:
    of, whose = broadcasts.c, broadcasters.c
    gone = await connection.execute(
        delete(broadcasts)
        .where(tuple_(of.platform, of.account).in_(accounts), *old)
        .returning(of.platform, of.broadcast)
    )
    broadcast_ids: list[Any] = [tuple(row) for row in gone]
    for table in (decisions, declarations):
        await connection.execute(delete(table).where(tuple_(table.c.platform, table.c.broadcast).in_(broadcast_ids)))
    rest = exists().where(of.platform == whose.platform, of.account == whose.account)
    await connection.execute(delete(broadcasters).where(tuple_(whose.platform, whose.account).in_(accounts), ~rest))
