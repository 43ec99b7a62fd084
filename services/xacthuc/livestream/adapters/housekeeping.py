"""Destroys what was to be kept for a time only."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, delete, exists, select, true

from xacthuc.livestream.adapters import rows
from xacthuc.livestream.adapters.rows import LIVE, OVER_SINCE
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
from xacthuc.policy.dates import months_after
from xacthuc.sql.engine import transaction
from xacthuc.sql.hourly import hourly
from xacthuc.sql.pairs import is_none_of, pairs_table
from xacthuc.sql.sweep import sweep_all, sweep_unheld
from xacthuc.watching.held import unless_unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Select, Table
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.policy import Policy
    from xacthuc.sql.pairs import Pair
    from xacthuc.sql.sweep import Held

_AT_ONCE: Final = 500
_ASKED_LONG_AGO: Final = timedelta(hours=1)
"""Whoever asked about an account has its answer by then, or has died."""


class Housekeeping:
    """Runs beside the calls, in every process; rows another one is deleting are skipped."""

    def __init__(self, engine: AsyncEngine, clock: Clock, policy: Policy, held: Held) -> None:
        """Takes the pool, for how long what is kept, and who knows what holds keep for longer."""
        self._engine = engine
        self._held = held
        self._clock = clock
        self._policy = policy

    async def run(self) -> None:
        """Forgets now and then until cancelled."""
        await hourly(self.forget, "not_forgotten")

    async def forget(self) -> None:
        """Destroys everything whose time is over."""
        now, policy = self._clock.now(), self._policy
        await unless_unknown(self._not_held)
        await self._never_on_record(now - _ASKED_LONG_AGO)
        answered = now - timedelta(days=policy.identity.request_id_days)
        await sweep_all(self._engine, requests, requests.c.create_time < answered, _AT_ONCE)
        async with transaction(self._engine) as connection:
            await jobs.forget_attempts(connection, now - timedelta(days=policy.retention.job_attempt_days))
        async with transaction(self._engine) as connection:
            told, end = now - timedelta(days=policy.events.kept_days), await outbox.ends(connection)
            await outbox.forget(connection, before=told, until=end.position)

    async def _not_held(self) -> None:
        """Destroys what a legal hold would keep (R49)."""
        now, policy = self._clock.now(), self._policy
        while await self._records(months_after(now, -policy.livestream.record_months)):
            pass
        exported = exports.c.time < months_after(now, -policy.retention.record_months)
        await sweep_unheld(self._engine, exports, exported, _AT_ONCE, held=self._held, whose=exports.c.account)

    async def _records(self, before: datetime) -> bool:
        """Destroys what is on record of broadcasts that are over for so long; whether there may be more."""
        of = broadcasts.c
        # Created before it was over: what the index finds is more than enough.
        old = (
            of.state != LIVE,
            of.create_time < before,
            before > OVER_SINCE,
            is_none_of(await self._held(), of.platform, of.account),
        )
        async with transaction(self._engine) as connection:
            found = (
                await connection.execute(select(of.platform, of.broadcast, of.account).where(*old).limit(_AT_ONCE))
            ).all()
            # First the accounts, as everybody does who changes broadcasts of theirs.
            locked = await _locked(connection, {(each.platform, each.account) for each in found})
            shows = [(each.platform, each.broadcast) for each in found if (each.platform, each.account) in locked]
            gone = await _destroyed(connection, broadcasts, shows, *old)
            for table in (decisions, declarations):
                await _destroyed(connection, table, gone)
            await _forget_idle(connection, locked)
        return len(found) == _AT_ONCE and bool(gone)

    async def _never_on_record(self, before: datetime) -> None:
        """Deletes accounts that somebody asked about who died before the answer was written, or never got one."""
        after = ("", "")
        while True:
            async with transaction(self._engine) as connection:
                found = (await connection.execute(_with_one_show(rows.accounts_behind(after, _AT_ONCE)))).all()
                if not found:
                    return
                heard_first = before.timestamp() * 1_000_000  # and as often since, which is next to nothing
                idle = [(each.platform, each.account) for each in found if not each.show and each.heard < heard_first]
                if idle:
                    await _forget_idle(connection, await _locked(connection, idle))
            after = (found[-1].platform, found[-1].account)


async def _locked(connection: AsyncConnection, accounts: Iterable[Pair]) -> list[Pair]:
    """Locks accounts and returns them, without those that somebody else is at."""
    whose, keys = broadcasters.c, pairs_table(sorted(accounts))
    locked = (
        select(whose.platform, whose.account)
        .where(whose.platform == keys.c.platform, whose.account == keys.c.id)
        .order_by(whose.platform, whose.account)
        .with_for_update(skip_locked=True, of=broadcasters)
    )
    return [tuple(row) for row in await connection.execute(locked)]


async def _destroyed(
    connection: AsyncConnection, table: Table, shows: Sequence[Pair], *where: ColumnElement[bool]
) -> list[Pair]:
    of, keys = table.c, pairs_table(shows)
    gone = delete(table).where(of.platform == keys.c.platform, of.broadcast == keys.c.id, *where)
    return [tuple(row) for row in await connection.execute(gone.returning(of.platform, of.broadcast))]


async def _forget_idle(connection: AsyncConnection, accounts: Sequence[Pair]) -> None:
    """Deletes the accounts of which nothing is left."""
    of, whose, keys = broadcasts.c, broadcasters.c, pairs_table(accounts)
    rest = exists().where(of.platform == whose.platform, of.account == whose.account)
    await connection.execute(
        delete(broadcasters).where(whose.platform == keys.c.platform, whose.account == keys.c.id, ~rest)
    )


def _with_one_show(accounts: Select[Any]) -> Select[Any]:
    """Returns the question for accounts, each with a broadcast of theirs, if there is one."""
    of, which = broadcasts.c, accounts.subquery("accounts")
    theirs = (of.platform == which.c.platform, of.account == which.c.account)
    show = select(of.broadcast.label("show")).where(*theirs).limit(1).lateral("shows")
    by_key = which.c.platform, which.c.account
    return select(which, show.c.show).select_from(which.outerjoin(show, true())).order_by(*by_key)
