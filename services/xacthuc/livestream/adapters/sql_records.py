"""What is on record of broadcasts, in PostgreSQL."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.livestream.adapters import rows, steps
from xacthuc.livestream.adapters.tables import broadcasts, decisions, declarations, exports, trail
from xacthuc.livestream.domain.broadcast import Commerce
from xacthuc.livestream.ports.broadcasts import Cause, Declared
from xacthuc.livestream.ports.records import Record, Ruled
from xacthuc.policy import DeclarationKind, Ruling
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row, Table
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.audit.trail import Entry
    from xacthuc.livestream.ports.broadcasts import Kept
    from xacthuc.order import Order


class SqlRecords:
    """The port `Records`."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Takes the pool for calls."""
        self._engine = engine

    async def get(self, platform: str, broadcast_id: str) -> Record | None:
        """Reads by the broadcast's key."""
        async with transaction(self._engine) as connection:
            found = await rows.read(connection, platform, broadcast_id)
            records = [] if found is None else await _records(connection, platform, [found.kept])
        return records[0] if records else None

    async def list_of(self, platform: str, account_id: str, after: str, limit: int) -> list[Record]:
        """Walks the index of accounts."""
        of = broadcasts.c
        found = (
            select(broadcasts)
            .where(of.platform == platform, of.account == account_id, of.broadcast > after)
            .order_by(of.broadcast)
            .limit(limit)
        )
        async with transaction(self._engine) as connection:
            kept = [rows.found_of(row).kept for row in await connection.execute(found)]
            return await _records(connection, platform, kept)

    async def redeem(self, order: Order, approval_id: str, account_id: str, now: datetime) -> bool:
        """Keeps which request used it up: the first one to commit."""
        used = insert(exports).values(
            approval=approval_id, platform=order.platform, account=account_id, request_id=order.request_id, time=now
        )
        async with transaction(self._engine) as connection:
            if (await connection.execute(used.on_conflict_do_nothing())).rowcount:
                detail = {"account": account_id}
                entry = steps.entry(order, Tag.BROADCASTS_EXPORTED, approval_id, now, {**detail})
                await trail.write(connection, [entry])
                return True
            by = await connection.scalar(select(exports.c.request_id).where(exports.c.approval == approval_id))
        return by == order.request_id

    async def note(self, *entries: Entry) -> None:
        """Writes them."""
        async with transaction(self._engine) as connection:
            await trail.write(connection, entries)


async def _records(connection: AsyncConnection, platform: str, kept: Sequence[Kept]) -> list[Record]:
    ids = [each.broadcast_id for each in kept]
    ruled = await _by_broadcast(connection, decisions, platform, ids)
    declared = await _by_broadcast(connection, declarations, platform, ids)
    return [
        Record(each, list(map(_ruled, ruled[each.broadcast_id])), list(map(_declared, declared[each.broadcast_id])))
        for each in kept
    ]


async def _by_broadcast(
    connection: AsyncConnection, table: Table, platform: str, ids: Sequence[str]
) -> Mapping[str, list[Row[Any]]]:
    found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    if ids:
        query = select(table).where(table.c.platform == platform, table.c.broadcast.in_(ids))
        for row in await connection.execute(query.order_by(table.c.broadcast, table.c.number)):
            found[row.broadcast].append(row)
    return found


def _ruled(row: Row[Any]) -> Ruled:
    return Ruled(
        time=row.time,
        cause=Cause(row.cause),
        ruling=Ruling(row.ruling),
        commerce=Commerce(row.commerce),
        reason=row.reason,
        legal_basis=row.legal_basis,
        policy_version=row.policy_version,
        personal_id_time=row.personal_id_time,
        personal_id_source=row.personal_id_source,
    )


def _declared(row: Row[Any]) -> tuple[Declared, Any]:
    declared = Declared(kind=DeclarationKind(row.kind), product_id=row.product_id, show_time=row.show_time)
    return declared, row.time
