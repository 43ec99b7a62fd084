"""The pools of connections of one process, each for a use of its own, so that none starves another."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.sql.engine import make_engine

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.livestream.settings import LivestreamSettings

JOB_SLOTS: Final = 2
"""Jobs at once in this process."""

REVIEWS_AT_ONCE: Final = 8
"""A mass lock may concern thousands of accounts on air: identity serves everybody else meanwhile."""

_WAIT: Final = timedelta(seconds=2)
_STATEMENT: Final = timedelta(seconds=3)


class Pools:
    """Connects nothing until somebody asks."""

    def __init__(self, settings: LivestreamSettings) -> None:
        """Takes how many connections calls get."""
        url = settings.database_url.get_secret_value()
        self.writes = _pool(url, "xacthuc-livestream", settings.write_connections)
        # The session that follows accounts, the relay, reviews, and what goes over broadcasts now and then.
        self.works = _pool(url, "xacthuc-livestream-works", REVIEWS_AT_ONCE + 5)
        # One reader for all watchers, and those of them who are behind.
        self.events = _pool(url, "xacthuc-livestream-events", 4)
        # More than jobs, for taking, renewing and counting them.
        self.jobs = _pool(url, "xacthuc-livestream-jobs", JOB_SLOTS + 4)
        self.audit = _pool(url, "xacthuc-livestream-audit", 2)

    async def close(self) -> None:
        """Closes all connections."""
        for pool in (self.writes, self.works, self.events, self.jobs, self.audit):
            await pool.dispose()


def _pool(url: str, name: str, size: int) -> AsyncEngine:
    return make_engine(url, application_name=name, pool_size=size, wait=_WAIT, statement_timeout=_STATEMENT)
