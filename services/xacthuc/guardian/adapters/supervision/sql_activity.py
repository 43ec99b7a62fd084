"""What children published, in PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from xacthuc.guardian.adapters.supervision.active import is_answered_for
from xacthuc.guardian.adapters.tables import activities
from xacthuc.guardian.domain.activity import Activity, ActivityKind
from xacthuc.guardian.ports.activity import ActivityPage
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.order import Order
    from xacthuc.sql.requests import SqlRequests

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class SqlActivities:
    """The port `Activities`."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests) -> None:
        """Takes the pool, and what recognises repetitions."""
        self._engine = engine
        self._requests = requests

    async def record(self, order: Order, child: str, told: Sequence[Activity], now: datetime) -> int:
        """Inserts what is new. The rows are in one order for every caller, so that two of them never wait for each other."""
        async with transaction(self._engine) as connection:
            if (answered := await self._answered(connection, order)) is not None:
                return answered
            recorded = 0
            if told and await is_answered_for(connection, order.platform, child):
                rows = [{"platform": order.platform, "child": child, **each._asdict()} for each in told]
                kept = await connection.execute(
                    insert(activities).values(rows).on_conflict_do_nothing(constraint="activities_thing")
                )
                recorded = kept.rowcount
            if await self._requests.record(connection, order, child, {"recorded": recorded}, now):
                return recorded
            # The same call came beside this one, and its rows first.
            return await self._answered(connection, order) or 0

    async def page(self, platform: str, child: str, *, since: datetime, after: str, limit: int) -> ActivityPage:
        """Reads by keyset: what happened at one moment is told apart by its row.

        The contract's pattern keeps `after` to numbers that are a moment and a row.
        """
        of = activities.c
        wanted = select(activities).where(of.platform == platform, of.child == child, of.occur_time >= since)
        if after:
            moment, row_id = map(int, after.split("_"))
            wanted = wanted.where(
                tuple_(of.occur_time, of.id) < tuple_(literal(_EPOCH + moment * _MICROSECOND), literal(row_id))
            )
        async with transaction(self._engine) as connection:
            found = await connection.execute(wanted.order_by(of.occur_time.desc(), of.id.desc()).limit(limit + 1))
            rows = found.all()
        following = _place(rows[limit - 1]) if len(rows) > limit else ""
        return ActivityPage([_activity(row) for row in rows[:limit]], following)

    async def _answered(self, connection: AsyncConnection, order: Order) -> int | None:
        seen = await self._requests.find(connection, order)
        return None if seen is None or seen.answer is None else int(seen.answer["recorded"])


def _place(row: Row[Any]) -> str:
    return f"{(row.occur_time - _EPOCH) // _MICROSECOND}_{row.id}"


def _activity(row: Row[Any]) -> Activity:
    return Activity(ActivityKind(row.kind), row.content_id, row.occur_time)
