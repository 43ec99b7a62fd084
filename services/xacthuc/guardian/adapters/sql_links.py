"""Links, in PostgreSQL: reading them, and ending them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_

from xacthuc.guardian.adapters.family_rows import beside, lock_family
from xacthuc.guardian.adapters.link_answers import answer, answered
from xacthuc.guardian.adapters.link_rows import link_of, read, select_links
from xacthuc.guardian.adapters.link_writes import decline, end
from xacthuc.guardian.adapters.tables import links
from xacthuc.guardian.domain.family import Act, may
from xacthuc.guardian.domain.links import EndCause
from xacthuc.guardian.ports.links import NotAnswering, WrongState
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.guardian.domain.links import Link
    from xacthuc.order import Order
    from xacthuc.sql.requests import SqlRequests


class SqlLinks:
    """The port `Links`."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests) -> None:
        """Takes the pool for calls, and what recognises repetitions."""
        self._engine = engine
        self._requests = requests

    async def answered(self, order: Order) -> Link | None:
        """Reads what is kept for the order."""
        async with transaction(self._engine) as connection:
            return await answered(connection, self._requests, order)

    async def get(self, platform: str, link: str) -> Link | None:
        """Reads one row by its key."""
        async with transaction(self._engine) as connection:
            return await read(connection, platform, link)

    async def list_of(
        self, platform: str, account_id: str, before: int | None, limit: int
    ) -> tuple[list[Link], int | None]:
        """Walks the ids from the newest down."""
        of = links.c
        found = (
            select_links()
            .where(of.platform == platform, or_(of.child == account_id, of.guardian == account_id))
            .order_by(of.id.desc())
            .limit(limit + 1)
        )
        if before is not None:
            found = found.where(of.id < before)
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(found)).all()
        following = rows[limit - 1].id if len(rows) > limit else None
        return [link_of(row) for row in rows[:limit]], following

    async def decline(self, order: Order, link: str, by: str, now: datetime) -> Link | WrongState | NotAnswering:
        """The person who was invited takes back nothing that an officer is looking at."""
        async with transaction(self._engine) as connection:
            kept = await lock_family(connection, order.platform, link)
            if seen := await answered(connection, self._requests, order):
                return seen
            if kept is None or not may(kept.standing(now), Act.DECLINE):
                return WrongState(None if kept is None else kept.standing(now))
            if by and await beside(connection, order.platform, by, kept) is None:
                return NotAnswering()
            await decline(connection, order, kept, now)
            return await answer(connection, self._requests, order, link, now)

    async def revoke(self, order: Order, link: str, now: datetime) -> Link | WrongState:
        """Ends it, and makes the version without it."""
        async with transaction(self._engine) as connection:
            kept = await lock_family(connection, order.platform, link)
            if seen := await answered(connection, self._requests, order):
                return seen
            if kept is None or not may(kept.state, Act.END):
                return WrongState(None if kept is None else kept.standing(now))
            await end(connection, order, kept, EndCause.REVOKED, now)
            return await answer(connection, self._requests, order, link, now)
