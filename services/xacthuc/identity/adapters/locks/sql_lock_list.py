"""Locks and violations of an account in PostgreSQL, as they are on record."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, any_, bindparam, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from xacthuc.identity.adapters.account_queries import life_of
from xacthuc.identity.adapters.locks.bindings import holds
from xacthuc.identity.adapters.locks.tables import violations
from xacthuc.identity.adapters.tables import locks
from xacthuc.identity.domain.locks import LockRecord
from xacthuc.identity.domain.violations import Authority, RemovalOrder, ViolationRecord
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row, Table
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.commands import OnRecord


class SqlLockList:
    """The port `LockList`."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Takes the pool for writes, which what is rarely read is read through too."""
        self._engine = engine

    async def locks(self, asked: OnRecord, *, ended: bool, now: datetime) -> tuple[Sequence[LockRecord], str] | None:
        """Reads the rows of the account, then who else has a row of the same locks."""
        async with transaction(self._engine) as connection:
            page = await _page(connection, locks, asked, true() if ended else holds(now))
            if page is None:
                return None
            rows, following = page
            bound = await _bound(connection, asked.platform, [row.lock_id for row in rows if row.lock_id])
        return [_lock(row, bound.get(row.lock_id, [row.account])) for row in rows], following

    async def violations(self, asked: OnRecord) -> tuple[Sequence[ViolationRecord], str] | None:
        """Reads the rows of the account."""
        async with transaction(self._engine) as connection:
            page = await _page(connection, violations, asked, true())
        if page is None:
            return None
        rows, following = page
        return [_violation(row) for row in rows], following


async def _page(
    connection: AsyncConnection, table: Table, asked: OnRecord, wanted: ColumnElement[bool]
) -> tuple[Sequence[Row[Any]], str] | None:
    """Reads rows of an account by keyset, newest first; one without any may not be there at all."""
    of, limit = table.c, asked.limit
    query = select(table).where(of.platform == asked.platform, of.account == asked.account_id, wanted)
    if asked.before is not None:
        query = query.where(of.id < asked.before)
    rows = (await connection.execute(query.order_by(of.id.desc()).limit(limit + 1))).all()
    if not rows and await life_of(connection, asked.platform, asked.account_id) is None:
        return None
    return rows[:limit], str(rows[limit - 1].id) if len(rows) > limit else ""


async def _bound(connection: AsyncConnection, platform: str, lock_ids: Sequence[str]) -> Mapping[str, list[str]]:
    of, ids = locks.c, bindparam("ids", lock_ids, type_=ARRAY(Text))
    found: defaultdict[str, list[str]] = defaultdict(list)
    rows = select(of.lock_id, of.account).where(of.platform == platform, of.lock_id == any_(ids)).order_by(of.account)
    for row in await connection.execute(rows):
        found[row.lock_id].append(row.account)
    return found


def _lock(row: Row[Any], bound: Sequence[str]) -> LockRecord:
    return LockRecord(
        id=row.lock_id or str(row.id),
        account_id=row.bound_to or row.account,
        bound=tuple(bound),
        basis=row.basis,
        create_time=row.create_time,
        expire_time=row.expire_time,
        lift_time=row.lift_time,
        lift_basis=row.lift_basis or "",
        approval=row.approval or "",
    )


def _violation(row: Row[Any]) -> ViolationRecord:
    return ViolationRecord(
        id=row.id,
        account_id=row.account,
        removal=RemovalOrder(
            authority=Authority(row.authority),
            order_number=row.order_number,
            national_security=row.national_security,
        ),
        violate_time=row.violate_time,
        record_time=row.record_time,
        lock_id=row.lock_id,
        approval=row.approval or "",
        withdraw_time=row.withdraw_time,
        withdraw_basis=row.withdraw_basis or "",
    )
