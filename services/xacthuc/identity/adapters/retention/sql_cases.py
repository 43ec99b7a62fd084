"""Orders of authorities and complaints of users, in PostgreSQL."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters.account_writes import entry
from xacthuc.identity.adapters.newest import newest_first
from xacthuc.identity.adapters.retention.tables import cases
from xacthuc.identity.adapters.tables import platforms, trail
from xacthuc.identity.domain.cases import Case, CaseKind, closed
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.commands import Order
    from xacthuc.sql.columns import Json


class SqlCases:
    """The port `Cases`. Each is called by the request that opened it."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests) -> None:
        """Takes the pool for writes, and what recognises repetitions."""
        self._engine = engine
        self._requests = requests

    async def open(self, order: Order, case: Case, now: datetime) -> Case | None:
        """Keeps it beside its platform."""
        known = select(platforms.c.platform).where(platforms.c.platform == case.platform)
        async with transaction(self._engine) as connection:
            if await connection.scalar(known) is None:
                return None
            if await self._requests.record(connection, order, None, None, now):
                await connection.execute(insert(cases).values(asdict(case)))
                detail: Json = {"kind": case.kind.value}
                await trail.write(connection, [entry(order, Tag.CASE_OPENED, case.case_id, now, detail)])
            return await _find(connection, case.platform, case.case_id)

    async def close(self, order: Order, case_id: str, outcome: str, now: datetime) -> tuple[Case, bool] | None:
        """Writes it unless its request was seen."""
        of = cases.c
        async with transaction(self._engine) as connection:
            case = await _find(connection, order.platform, case_id, lock=True)
            if case is None:
                return None
            if await self._requests.find(connection, order) is not None:
                return case, True
            after = closed(case, outcome, now)
            if after is None:
                return case, False
            await self._requests.record(connection, order, None, None, now)
            is_it = (of.platform == order.platform, of.case_id == case_id)
            await connection.execute(update(cases).where(*is_it).values(close_time=now, outcome=outcome))
            await trail.write(connection, [entry(order, Tag.CASE_CLOSED, case_id, now, {"outcome": outcome})])
            return after, True

    async def page(self, platform: str, after: str, limit: int, *, open_only: bool) -> list[Case]:
        """Reads them by keyset."""
        of = cases.c
        wanted = newest_first(cases, of.case_id, after, limit, of.platform == platform, by="receive_time")
        if open_only:
            wanted = wanted.where(of.close_time.is_(None))
        async with transaction(self._engine) as connection:
            return [_read(row) for row in await connection.execute(wanted)]


async def _find(connection: AsyncConnection, platform: str, case_id: str, *, lock: bool = False) -> Case | None:
    wanted = select(cases).where(cases.c.platform == platform, cases.c.case_id == case_id)
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).one_or_none()
    return None if row is None else _read(row)


def _read(row: Row[Any]) -> Case:
    values = dict(zip(row._fields, row, strict=True))
    return Case(kind=CaseKind(values.pop("kind")), **values)
