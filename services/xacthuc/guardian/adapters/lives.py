"""Looks at each child that somebody answers for, or may with an officer's word, daily and whenever something happened to one of them.

A job of the child's own, so that what keeps one of them waiting keeps nobody else. It comes again each day for as long as
any such link stands. Late, it costs nothing: identity shuts the gate by itself, and whoever acts by a link is looked at first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.guardian.adapters.holders import AGAIN, UNREACHABLE
from xacthuc.guardian.adapters.link_rows import links_at
from xacthuc.guardian.adapters.link_writes import by_itself, lock_child, wind_up
from xacthuc.guardian.domain.life import ending, next_look
from xacthuc.guardian.domain.links import LOOKED_AT
from xacthuc.guardian.domain.relations import Relation
from xacthuc.jobs.job import Done, RetryAt
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.guardian.domain.links import EndCause
    from xacthuc.guardian.ports.holders import Holders
    from xacthuc.jobs.job import Job


class Lives:
    """The port `Lives`, and the handler of `JobKind.LOOK`."""

    def __init__(self, engine: AsyncEngine, holders: Holders, clock: Clock, appended: Callable[[], None]) -> None:
        """Takes the pool, who knows people, and what to wake after a change."""
        self._engine = engine
        self._holders = holders
        self._clock = clock
        self._appended = appended

    async def handle(self, job: Job) -> Done | RetryAt:
        """Looks, and comes back tomorrow while any link stands."""
        platform, child = str(job.payload["platform"]), str(job.payload["child"])
        try:
            left = await self.look(platform, child)
        except UNREACHABLE:  # never given up: it comes again for as long as any link stands
            return RetryAt(self._clock.now() + AGAIN, "IDENTITY_AWAY")
        return RetryAt(next_look(self._clock.now(), job.key), "LOOKED") if left else Done("NOTHING_STANDS")

    async def look(self, platform: str, child: str) -> int:
        """Ends what has no reason to stand any more; returns how much stands after that. Raises what identity says."""
        async with transaction(self._engine) as connection:
            standing = await links_at(connection, platform, child, *LOOKED_AT)
        if not standing:
            return 0
        # With no transaction open; what is asked of the same person twice changes nothing.
        ward = await self._holders.holder(platform, child)
        causes: dict[str, EndCause] = {}
        for one in standing:
            guardian = await self._holders.holder(platform, one.guardian_id or "")
            legal = one.relation is Relation.GUARDIAN_LEGAL_PERSON
            if cause := ending(ward, guardian, legal_person=legal):
                causes[one.link] = cause
        return await self._end(platform, child, causes) if causes else len(standing)

    async def _end(self, platform: str, child: str, causes: Mapping[str, EndCause]) -> int:
        now, order = self._clock.now(), by_itself(platform, "Look")
        async with transaction(self._engine) as connection:
            await lock_child(connection, platform, child)
            standing = await links_at(connection, platform, child, *LOOKED_AT)
            for one in standing:
                if cause := causes.get(one.link):
                    await wind_up(connection, order, one, cause, now)
        self._appended()
        return sum(one.link not in causes for one in standing)
