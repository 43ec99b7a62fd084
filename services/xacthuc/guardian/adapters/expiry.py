"""Ends invitations that nobody answered, and confirmations that nobody approved.

Late, it costs nothing: whoever reads such a link looks at its time first (`Link.standing`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.guardian.adapters.family_rows import lock_family
from xacthuc.guardian.adapters.link_writes import by_itself, expire
from xacthuc.guardian.domain.family import Act, may
from xacthuc.jobs.job import Done, RetryAt
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.jobs.job import Job


class Expiry:
    """What happens when the time of an invitation is over."""

    def __init__(self, engine: AsyncEngine, clock: Clock, appended: Callable[[], None]) -> None:
        """Takes the pool for jobs, and what is called after a change."""
        self._engine = engine
        self._clock = clock
        self._appended = appended

    async def expire(self, job: Job) -> Done | RetryAt:
        """Ends it, unless it was answered or made again meanwhile."""
        platform, link = str(job.payload["platform"]), str(job.payload["link"])
        now, order = self._clock.now(), by_itself(platform, "Expire")
        async with transaction(self._engine) as connection:
            kept = await lock_family(connection, platform, link)
            if kept is None or not may(kept.state, Act.EXPIRE):
                return Done("ANSWERED")
            if kept.expire_time > now:
                return RetryAt(kept.expire_time)
            await expire(connection, order, kept, now)
        self._appended()
        return Done()
