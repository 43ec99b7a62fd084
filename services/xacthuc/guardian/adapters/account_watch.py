"""Follows what happens to accounts, and has looked at whomever it may concern (`lives`, `erasures`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Text, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from xacthuc.guardian.adapters.doubts import open_doubts
from xacthuc.guardian.adapters.jobs import erase_job, look_job
from xacthuc.guardian.adapters.tables import cursors, jobs, links
from xacthuc.guardian.domain.links import LOOKED_AT
from xacthuc.sql.following import Following, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.guardian.adapters.holders import Happened, HolderClient
    from xacthuc.telemetry.tracing import Tracer

_STREAM: Final = Stream("identity.accounts", "accounts")


class AccountWatch:
    """Runs beside the calls, in every process."""

    def __init__(
        self,
        engine: AsyncEngine,
        holders: HolderClient,
        clock: Clock,
        tracer: Tracer,
        *,
        appended: Callable[[], None],
    ) -> None:
        """`appended` wakes whoever does the jobs."""
        self._appended = appended
        self._following = Following(
            engine, cursors, _STREAM, clock, tracer=tracer, watch=holders.watch, deal=_deal_with, dealt=self._wake
        )

    async def run(self) -> None:
        """Follows until cancelled."""
        await self._following.run()

    async def _wake(self, asked: int) -> None:
        if asked:
            self._appended()


async def _deal_with(connection: AsyncConnection, happened: Sequence[Happened], now: datetime) -> int:
    """Has officers asked, every child concerned looked at, and what is erased erased here; returns how many jobs."""
    await open_doubts(connection, happened, now)
    wanted = [look_job(platform, child) for platform, child in await concerned(connection, happened)]
    wanted += [
        erase_job(each.platform, each.account_id, each.erases, each.keep_until) for each in happened if each.erases
    ]
    await jobs.enqueue(connection, wanted)
    return len(wanted)


async def concerned(connection: AsyncConnection, happened: Sequence[Happened]) -> list[tuple[str, str]]:
    """Returns the children, by platform, of links that are looked at and to a side of which it happened."""
    of, found = links.c, set[tuple[str, str]]()
    for platform in {each.platform for each in happened}:
        accounts = [each.account_id for each in happened if each.platform == platform]
        # Each side by its own index: both at once would be read from end to end.
        for side in (of.child, of.guardian):
            theirs = (of.platform == platform, side == any_(bindparam("accounts", accounts, type_=ARRAY(Text))))
            rows = await connection.scalars(select(of.child).where(of.state.in_(LOOKED_AT), *theirs))
            found |= {(platform, child) for child in rows}
    return sorted(found)
