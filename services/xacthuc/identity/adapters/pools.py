"""The pools of connections of one process, each for a use of its own, so that none starves another."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.sql.engine import make_engine

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.identity.settings import IdentitySettings

JOB_SLOTS: Final = 4
"""Jobs at once in this process: what they do waits for others, or is rare."""

_WAIT: Final = timedelta(seconds=2)
_READ: Final = timedelta(seconds=1)
_WRITE: Final = timedelta(seconds=3)
_IMPORT: Final = timedelta(seconds=30)
"""What a statement may take."""
_AUDIT_CONNECTIONS: Final = 3
"""The sealer, and two who read."""


class Pools:
    """Connects nothing until somebody asks."""

    def __init__(self, settings: IdentitySettings) -> None:
        """Takes how many connections each gets."""
        url = settings.database_url.get_secret_value()
        self.writes = _pool(url, "xacthuc-identity", settings.write_connections, _WRITE)
        self.reads = _pool(url, "xacthuc-identity-reads", settings.read_connections, _READ)
        # Nobody's screen waits for an import, which may wait for others.
        self.imports = make_engine(
            url,
            application_name="xacthuc-identity-imports",
            pool_size=settings.import_connections,
            wait=_IMPORT,
            statement_timeout=_IMPORT,
        )
        # Whoever reads the trail may wait; whoever seals it waits for nobody.
        self.audit = make_engine(
            url,
            application_name="xacthuc-identity-audit",
            pool_size=_AUDIT_CONNECTIONS,
            wait=_WAIT,
            statement_timeout=_IMPORT,
        )
        self.keys = _pool(settings.keys_url, "xacthuc-identity-keys", settings.key_connections, _READ)
        # Six more than jobs: for taking, renewing and counting them, and for the sessions that follow outcomes and reconcile.
        self.jobs = _pool(url, "xacthuc-identity-jobs", JOB_SLOTS + 6, _WRITE)
        # One for the end of the record, which all watchers share, and two that those who are behind take turns at.
        self.events = _pool(url, "xacthuc-identity-events", 3, _READ)
        # Deliveries to webhooks wait for receivers, not for the database, so a few do for all of them.
        self.webhooks = _pool(url, "xacthuc-identity-webhooks", 6, _WRITE)

    async def close(self) -> None:
        """Closes all connections."""
        for pool in (
            *(self.writes, self.reads, self.imports, self.audit, self.keys),
            *(self.jobs, self.events, self.webhooks),
        ):
            await pool.dispose()


def _pool(url: str, name: str, size: int, statement: timedelta) -> AsyncEngine:
    return make_engine(url, application_name=name, pool_size=size, wait=_WAIT, statement_timeout=statement)
