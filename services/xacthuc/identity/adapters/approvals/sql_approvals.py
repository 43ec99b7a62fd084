"""Approvals in PostgreSQL. Each step, its audit entry and the job it asks for commit together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import insert

from xacthuc.identity.adapters.approvals.rows import approval_of, columns_of, find, job_of, save, tell
from xacthuc.identity.adapters.approvals.tables import approvals
from xacthuc.identity.adapters.newest import newest_first
from xacthuc.identity.adapters.tables import jobs, platforms
from xacthuc.identity.domain.approvals import (
    Approval,
    ApprovalBar,
    ApprovalState,
)
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.commands import Order
    from xacthuc.identity.ports.approvals import Wanted


class SqlApprovals:
    """The port `Approvals`."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests) -> None:
        """Takes the pool for writes, and what recognises repetitions."""
        self._engine = engine
        self._requests = requests

    async def add(self, order: Order, approval: Approval, now: datetime) -> Approval | None:
        """Keeps the proposal with the job that ends it."""
        of = approvals.c
        repeated = and_(of.platform == order.platform, of.request_id == order.request_id)
        async with transaction(self._engine) as connection:
            if await self._requests.find(connection, order) is not None:
                return approval_of((await connection.execute(select(approvals).where(repeated))).one())
            known = select(platforms.c.platform).where(platforms.c.platform == order.platform)
            if await connection.scalar(known) is None:
                return None
            await self._requests.record(connection, order, None, None, now)
            made = await connection.execute(
                insert(approvals)
                .values(**columns_of(approval), approval=approval.id, request_id=order.request_id)
                .on_conflict_do_nothing()
            )
            if made.rowcount == 0:  # the same request ran beside us and was first
                return approval_of((await connection.execute(select(approvals).where(repeated))).one())
            await tell(connection, approval, now, order)
            await jobs.enqueue(connection, [job_of(approval, approval.expire_time)])
        return approval

    async def get(self, approval_id: str, platform: str | None) -> Approval | None:
        """Reads an approval."""
        async with transaction(self._engine) as connection:
            return await find(connection, approval_id, platform)

    async def page(self, wanted: Wanted, after: str, limit: int, now: datetime) -> Sequence[Approval]:
        """Reads approvals by keyset."""
        of = approvals.c
        query = newest_first(approvals, of.approval, after, limit)
        if wanted.platform is not None:
            query = query.where(of.platform == wanted.platform)
        if wanted.state is not None:
            query = query.where(_is_in(wanted.state, now))
        async with transaction(self._engine) as connection:
            return [approval_of(row) for row in await connection.execute(query)]

    async def decide(
        self,
        order: Order,
        approval_id: str,
        platform: str | None,
        step: Callable[[Approval], Approval | ApprovalBar],
        now: datetime,
    ) -> Approval | ApprovalBar | None:
        """Writes the step, and the job when something is to be done."""
        async with transaction(self._engine) as connection:
            found = await find(connection, approval_id, platform, lock=True)
            if found is None or await self._requests.find(connection, order) is not None:
                return found
            after = step(found)
            if isinstance(after, ApprovalBar):
                return after
            await self._requests.record(connection, order, None, None, now)
            await save(connection, after, now, order)
            if after.state is ApprovalState.GRANTED:
                await jobs.enqueue(connection, [job_of(after, now)])
        return after

    async def advance(
        self, approval_id: str, step: Callable[[Approval], Approval | ApprovalBar], now: datetime
    ) -> Approval | None:
        """Writes the step where there is one."""
        async with transaction(self._engine) as connection:
            found = await find(connection, approval_id, None, lock=True)
            if found is None or isinstance(after := step(found), ApprovalBar):
                return found
            await save(connection, after, now, None)
        return after


def _is_in(state: ApprovalState, now: datetime) -> ColumnElement[bool]:
    of = approvals.c
    if state is ApprovalState.PROPOSED:
        return and_(of.state == state, of.expire_time > now)
    if state is ApprovalState.EXPIRED:
        return or_(of.state == state, and_(of.state == ApprovalState.PROPOSED, of.expire_time <= now))
    return of.state == state
