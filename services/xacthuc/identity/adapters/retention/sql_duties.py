"""Demands of data subjects, and breaches, in PostgreSQL."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters.account_writes import entry
from xacthuc.identity.adapters.newest import newest_first
from xacthuc.identity.adapters.retention.tables import breaches, subject_requests
from xacthuc.identity.adapters.tables import accounts, trail
from xacthuc.identity.domain.duties import Breach, Demand, Draft, Misstep, SubjectRequest
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.commands import Order
    from xacthuc.sql.columns import Json


class SqlDuties:
    """The port `Duties`. Each is called by the request that opened it."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests) -> None:
        """Takes the pool for writes, and what recognises repetitions."""
        self._engine = engine
        self._requests = requests

    async def open_request(self, order: Order, request: SubjectRequest, now: datetime) -> SubjectRequest | None:
        """Keeps a demand beside the account it is about."""
        async with transaction(self._engine) as connection:
            of = accounts.c
            known = select(of.account).where(of.platform == request.platform, of.account == request.account_id)
            if await connection.scalar(known) is None:
                return None
            if await self._requests.find(connection, order) is None:
                await self._requests.record(connection, order, None, None, now)
                await connection.execute(insert(subject_requests).values(_row(request)))
                detail: Json = {"request": request.request_id, "demand": request.demand.value}
                tag = Tag.SUBJECT_REQUEST_OPENED
                await trail.write(connection, [entry(order, tag, request.account_id, now, detail)])
            return await _request(connection, request.platform, request.request_id)

    async def advance_request(
        self,
        order: Order,
        request_id: str,
        step: Callable[[SubjectRequest], SubjectRequest | Misstep],
        now: datetime,
    ) -> SubjectRequest | Misstep | None:
        """Takes the step unless its request was seen."""
        async with transaction(self._engine) as connection:
            known = await _request(connection, order.platform, request_id, lock=True)
            if known is None or await self._requests.find(connection, order) is not None:
                return known
            after = step(known)
            if isinstance(after, Misstep):
                return after
            await self._requests.record(connection, order, None, None, now)
            await connection.execute(
                insert(subject_requests)
                .values(_row(after))
                .on_conflict_do_update(index_elements=["platform", "request"], set_=_row(after))
            )
            detail: Json = {"request": request_id, "ended": after.end_time is not None}
            tag = Tag.SUBJECT_REQUEST_ADVANCED
            await trail.write(connection, [entry(order, tag, known.account_id, now, detail)])
            return after

    async def requests(self, platform: str, after: str, limit: int, *, open_only: bool) -> list[SubjectRequest]:
        """Reads demands by keyset."""
        of = subject_requests.c
        wanted = newest_first(subject_requests, of.request, after, limit, of.platform == platform, by="receive_time")
        if open_only:
            wanted = wanted.where(of.end_time.is_(None))
        async with transaction(self._engine) as connection:
            return [_read(row) for row in await connection.execute(wanted)]

    async def put_breach(
        self, order: Order, breach_id: str, change: Callable[[Breach | None], Breach | None], now: datetime
    ) -> Breach | None:
        """Writes the whole of it."""
        of = breaches.c
        async with transaction(self._engine) as connection:
            wanted = select(breaches).where(of.breach == breach_id).with_for_update()
            row = (await connection.execute(wanted)).one_or_none()
            known = None if row is None else _breach(row)
            if await self._requests.find(connection, order) is not None:
                return known
            after = change(known)
            if after is None:
                return None
            await self._requests.record(connection, order, None, None, now)
            values = {
                "breach": breach_id,
                "detect_time": after.detect_time,
                "due_time": after.due_time,
                "notify_time": after.notify_time,
                "reference": after.reference,
                **asdict(after.draft),
            }
            await connection.execute(
                insert(breaches).values(values).on_conflict_do_update(index_elements=["breach"], set_=values)
            )
            detail: Json = {"notified": after.notify_time is not None}
            await trail.write(connection, [entry(order, Tag.BREACH_RECORDED, breach_id, now, detail)])
            return after

    async def breaches(self, after: str, limit: int) -> list[Breach]:
        """Reads breaches by keyset."""
        wanted = newest_first(breaches, breaches.c.breach, after, limit, by="detect_time")
        async with transaction(self._engine) as connection:
            return [_breach(row) for row in await connection.execute(wanted)]


async def _request(
    connection: AsyncConnection, platform: str, request_id: str, *, lock: bool = False
) -> SubjectRequest | None:
    of = subject_requests.c
    wanted = select(subject_requests).where(of.platform == platform, of.request == request_id)
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).one_or_none()
    return None if row is None else _read(row)


def _row(request: SubjectRequest) -> dict[str, Any]:
    values = asdict(request)
    return {"request": values.pop("request_id"), "account": values.pop("account_id"), **values}


def _read(row: Row[Any]) -> SubjectRequest:
    values = dict(zip(row._fields, row, strict=True))
    return SubjectRequest(
        request_id=values.pop("request"),
        account_id=values.pop("account"),
        demand=Demand(values.pop("demand")),
        **values,
    )


def _breach(row: Row[Any]) -> Breach:
    return Breach(
        breach_id=row.breach,
        detect_time=row.detect_time,
        due_time=row.due_time,
        draft=Draft(
            nature=row.nature,
            data_kinds=row.data_kinds,
            subject_count=row.subject_count,
            consequences=row.consequences,
            measures=row.measures,
            contact=row.contact,
        ),
        notify_time=row.notify_time,
        reference=row.reference,
    )
