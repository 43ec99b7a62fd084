"""The pools of connections of one process, each for a use of its own, so that none starves another."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.sql.engine import make_engine

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.guardian.settings import GuardianSettings

JOB_SLOTS: Final = 4
"""Jobs at once in this process."""

_WAIT: Final = timedelta(seconds=2)
_STATEMENT: Final = timedelta(seconds=3)


class Pools:
    """Connects nothing until somebody asks."""

    def __init__(self, settings: GuardianSettings) -> None:
        """Takes how many connections calls get."""
        url = settings.database_url.get_secret_value()
        self.writes = _pool(url, "xacthuc-guardian", settings.write_connections)
        # More than jobs, for taking, renewing and counting them.
        self.jobs = _pool(url, "xacthuc-guardian-jobs", JOB_SLOTS + 4)
        # One for the end of the record, which all watchers share, and two that those who are behind take turns at.
        self.events = _pool(url, "xacthuc-guardian-events", 3)
        self.audit = _pool(url, "xacthuc-guardian-audit", 2)

    async def close(self) -> None:
        """Closes all connections."""
        for pool in (self.writes, self.jobs, self.events, self.audit):
            await pool.dispose()


def _pool(url: str, name: str, size: int) -> AsyncEngine:
    return make_engine(url, application_name=name, pool_size=size, wait=_WAIT, statement_timeout=_STATEMENT)
