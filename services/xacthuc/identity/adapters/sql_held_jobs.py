"""Jobs that were given up, in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters.account_writes import entry
from xacthuc.identity.adapters.tables import jobs, trail
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.commands import Order
    from xacthuc.jobs.queue import HeldJob


class SqlHeldJobs:
    """The port `HeldJobs`."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests) -> None:
        """Takes the pool for writes, and what recognises repetitions."""
        self._engine = engine
        self._requests = requests

    async def page(self, after: tuple[str, int], limit: int) -> list[HeldJob]:
        """Reads jobs by keyset."""
        async with transaction(self._engine) as connection:
            return await jobs.held(connection, after=after, limit=limit)

    async def retry(self, order: Order, job_id: int, now: datetime) -> bool:
        """Queues the job and says by whom, in one commit. The row's lock lets one of two calls find it held."""
        async with transaction(self._engine) as connection:
            if await self._requests.find(connection, order) is not None:
                return True
            kind = await jobs.requeue(connection, job_id)
            if kind is None:
                # Of two calls with one id the other one may have queued it meanwhile.
                return await self._requests.find(connection, order) is not None
            await self._requests.record(connection, order, None, None, now)
            await trail.write(connection, [entry(order, Tag.JOB_RETRIED, str(job_id), now, {"kind": kind})])
            return True
