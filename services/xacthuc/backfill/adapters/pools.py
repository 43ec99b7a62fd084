"""The pools of connections of one process, each for a use of its own, so that none starves another."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.sql.engine import make_engine

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.backfill.settings import BackfillSettings

JOB_SLOTS: Final = 2
"""Jobs at once in this process."""

_WAIT: Final = timedelta(seconds=2)
_STATEMENT: Final = timedelta(seconds=3)
_COUNTING: Final = timedelta(seconds=4)
"""Counting a campaign reads an index over millions of accounts."""


class Pools:
    """Connects nothing until somebody asks."""

    def __init__(self, settings: BackfillSettings) -> None:
        """Takes how many connections calls get."""
        url = settings.database_url.get_secret_value()
        self.writes = _pool(url, "xacthuc-backfill", settings.write_connections)
        # Whoever joins here joins what accounts were asked with the accounts, all of a campaign.
        self.counts = _pool(url, "xacthuc-backfill-counts", 4, _COUNTING, counts=True)
        # The sessions that follow accounts and receipts, and what goes over campaigns and targets.
        self.works = _pool(url, "xacthuc-backfill-works", 8)
        # What is written of each account that is told or sent to; whoever waits for another service holds none.
        self.sends = _pool(url, "xacthuc-backfill-sends", 8)
        # More than jobs, for taking, renewing and counting them.
        self.jobs = _pool(url, "xacthuc-backfill-jobs", JOB_SLOTS + 4)
        self.audit = _pool(url, "xacthuc-backfill-audit", 2)

    async def close(self) -> None:
        """Closes all connections."""
        for pool in (self.writes, self.counts, self.works, self.sends, self.jobs, self.audit):
            await pool.dispose()


def _pool(url: str, name: str, size: int, statement: timedelta = _STATEMENT, *, counts: bool = False) -> AsyncEngine:
    return make_engine(
        url, application_name=name, pool_size=size, wait=_WAIT, statement_timeout=statement, counts=counts
    )
