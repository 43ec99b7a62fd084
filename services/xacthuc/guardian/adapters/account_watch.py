"""Follows what happens to accounts, and has looked at whomever it may concern (`lives`, `erasures`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select, tuple_

from xacthuc.guardian.adapters.jobs import erase_job, look_job
from xacthuc.guardian.adapters.tables import cursors, jobs, links
from xacthuc.guardian.domain.links import State
from xacthuc.sql.following import Following, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.guardian.adapters.holders import Happened, HolderClient

_STREAM: Final = Stream("identity.accounts", "accounts")


class AccountWatch:
    """Runs beside the calls, in every process."""

    def __init__(
        self,
        engine: AsyncEngine,
        holders: HolderClient,
        clock: Clock,
        *,
        appended: Callable[[], None],
    ) -> None:
        """`appended` wakes whoever does the jobs."""
        self._appended = appended
        self._following = Following(
            engine, cursors, _STREAM, clock, watch=holders.watch, deal=_deal_with, dealt=self._wake
        )

    async def run(self) -> None:
        """Follows until cancelled."""
        await self._following.run()

    async def _wake(self, asked: int) -> None:
        if asked:
            self._appended()


async def _deal_with(connection: AsyncConnection, happened: Sequence[Happened], _now: datetime) -> int:
    """Asks for a look at every child concerned, and for what is erased to be erased here; returns how many jobs."""
    concerned = {(each.platform, each.account_id) for each in happened}
    if not concerned:
        return 0
    of = links.c
    by_child, by_guardian = tuple_(of.platform, of.child), tuple_(of.platform, of.guardian)
    found = await connection.execute(
        select(of.platform, of.child)
        .where(of.state == State.ACTIVE, or_(by_child.in_(concerned), by_guardian.in_(concerned)))
        .distinct()
    )
    wanted = [look_job(row.platform, row.child) for row in found]
    wanted += [erase_job(each.platform, each.account_id, each.keep_until) for each in happened if each.erased]
    await jobs.enqueue(connection, wanted)
    return len(wanted)
