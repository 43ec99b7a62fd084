"""Erases what is kept of an account once identity erased it, and says so: the word is the evidence (R49).

What no law keeps goes first, with ERASURE_SCHEDULED: what a child published, and what was consented to. Who answered for
whom is account data, and goes when identity's clock is over, with ACCOUNT_ERASED. A guardian's id goes out of the links of
children who stay: that somebody answered for them is theirs.

While a legal hold stands on one of those whom a link is between, it stays as it is until the release, and so does the word.

How much goes is told by what happened, never by what is said of it: an event that says no time erases no more for that.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import delete, or_, select, union, update

from xacthuc.guardian.adapters.family_rows import lock_guardian
from xacthuc.guardian.adapters.holders import AGAIN, UNREACHABLE
from xacthuc.guardian.adapters.jobs import Extent
from xacthuc.guardian.adapters.link_rows import link_of, select_links
from xacthuc.guardian.adapters.link_writes import by_itself, lock_child, wind_up
from xacthuc.guardian.adapters.tables import (
    activities,
    child_assents,
    child_devices,
    children,
    disputes,
    link_changes,
    links,
    requests,
)
from xacthuc.guardian.domain.links import OVER, EndCause
from xacthuc.jobs.job import Done, Job, RetryAt
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.guardian.ports.holders import Holders
    from xacthuc.sql.pairs import Pair
    from xacthuc.sql.sweep import Held

_HELD_AGAIN: Final = timedelta(hours=1)


class Erasures:
    """The handler of `JobKind.ERASE`."""

    def __init__(
        self, engine: AsyncEngine, holders: Holders, held: Held, clock: Clock, appended: Callable[[], None]
    ) -> None:
        """Takes the pool, whom to tell, who knows what holds keep, and what to wake after a change."""
        self._engine = engine
        self._holders = holders
        self._held = held
        self._clock = clock
        self._appended = appended

    async def handle(self, job: Job) -> Done | RetryAt:
        """Erases in one commit, then says so; killed between both, it is done again and says the same."""
        try:
            if await self._concerned(job) & set(await self._held()):
                return RetryAt(self._clock.now() + _HELD_AGAIN, "HELD")
            told = await self._erase(job)
        except UNREACHABLE:
            return RetryAt(self._clock.now() + AGAIN, "IDENTITY_AWAY")
        return Done("ERASED" if told else "NOT_ASKED")

    async def _concerned(self, job: Job) -> set[Pair]:
        """Returns of whom something would go: of an account's own posts it alone, of links whoever they are between."""
        platform, account, of = str(job.payload["platform"]), str(job.payload["account"]), links.c
        whose = {account}
        if job.payload["extent"] == Extent.EVERYTHING:
            sides = (of.child, of.guardian, of.invited_account)
            # Each side by its own index: all at once would be read from end to end.
            theirs = union(*(select(*sides).where(of.platform == platform, side == account) for side in sides))
            async with transaction(self._engine) as connection:
                whose.update(*(await connection.execute(theirs)).all())
        return {(platform, each) for each in whose if each}

    async def _erase(self, job: Job) -> bool:
        platform, account, until = (str(job.payload[name]) for name in ("platform", "account", "keep_until"))
        everything = job.payload["extent"] == Extent.EVERYTHING
        async with transaction(self._engine) as connection:
            await let_go(connection, platform, account, self._clock.now())
            await erase_unkept(connection, platform, account)
            if everything:
                await erase(connection, platform, account)
        self._appended()
        if not everything and not until:
            return False  # that nothing is kept would be untrue: it is said once everything is erased
        keep_until = None if everything else datetime.fromisoformat(until)
        request_id = str(uuid5(NAMESPACE_URL, f"erasure/{job.key}/{until}"))
        return await self._holders.acknowledge_erasure(platform, account, keep_until, request_id)


async def let_go(connection: AsyncConnection, platform: str, account: str, now: datetime) -> None:
    """Ends what still stands between an account and anybody, and keeps those locked whose links name it.

    Under the locks of whoever confirms, in their order: what is confirmed meanwhile is found here, or finds this.
    """
    of, order = links.c, by_itself(platform, "Erase")
    await lock_guardian(connection, platform, account)
    sides = [of.child == account, of.guardian == account, of.invited_account == account]
    # Each side by its own index: all at once would be read from end to end.
    found = union(*(select(of.child).where(of.platform == platform, side) for side in sides))
    for child in sorted(await connection.scalars(found)):
        await lock_child(connection, platform, child)
        stands = (of.platform == platform, of.child == child, of.state.not_in(OVER))
        rows = await connection.execute(select_links().where(*stands, or_(*sides)).order_by(of.id))
        for link in map(link_of, rows.all()):
            cause = EndCause.CHILD_CLOSED if link.child_id == account else EndCause.GUARDIAN_STANDING
            await wind_up(connection, order, link, cause, now)


async def erase_unkept(connection: AsyncConnection, platform: str, account: str) -> None:
    """Erases of an account what no law keeps."""
    for table in (activities, child_assents):
        await connection.execute(delete(table).where(table.c.platform == platform, table.c.child == account))


async def erase(connection: AsyncConnection, platform: str, account: str) -> None:
    """Erases everything of an account that was let go."""
    of = links.c
    theirs = select(of.link).where(of.platform == platform, of.child == account)
    for about in (link_changes, disputes):
        await connection.execute(delete(about).where(about.c.platform == platform, about.c.link.in_(theirs)))
    for table in (child_devices, links, children):
        await connection.execute(delete(table).where(table.c.platform == platform, table.c.child == account))
    await connection.execute(delete(requests).where(requests.c.platform == platform, requests.c.account == account))
    await connection.execute(
        update(links)
        .where(of.platform == platform, or_(of.guardian == account, of.invited_account == account))
        .values(guardian=None, invited_account=None)
    )
