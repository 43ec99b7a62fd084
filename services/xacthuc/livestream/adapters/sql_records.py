"""What is on record of broadcasts, in PostgreSQL."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.livestream.adapters import rows, steps
from xacthuc.livestream.adapters.tables import broadcasts, decisions, declarations, exports, trail
from xacthuc.livestream.domain.broadcast import Commerce
from xacthuc.livestream.ports.broadcasts import Cause, Declared
from xacthuc.livestream.ports.records import Place, Record, Ruled
from xacthuc.policy import DeclarationKind, Ruling
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Row, Table
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.audit.trail import Entry
    from xacthuc.livestream.adapters.rows import Found
    from xacthuc.livestream.ports.records import Wanted
    from xacthuc.order import Order

_MOST_ROWS: Final = 2_000
"""Decisions and declarations of a page: some hundred bytes each, of the 4 MiB that a client takes by default."""


class SqlRecords:
    """The port `Records`."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Takes the pool for calls."""
        self._engine = engine

    async def get(self, platform: str, broadcast_id: str, behind: Place | None) -> tuple[Record, Place | None] | None:
        """Reads by the broadcast's key."""
        async with transaction(self._engine) as connection:
            found = await rows.read(connection, platform, broadcast_id)
            if found is None:
                return None
            part = _parts([found], behind or Place(""))[0]
            (record,) = await _records(connection, platform, [part])
        return record, part.following

    async def page(self, wanted: Wanted) -> tuple[list[Record], Place | None]:
        """Walks the index of accounts."""
        of, behind = broadcasts.c, wanted.behind
        whose = (of.platform == wanted.platform, of.account == wanted.account_id)
        where = of.broadcast >= behind.broadcast_id if behind.within else of.broadcast > behind.broadcast_id
        asked = select(broadcasts).where(*whose, where).order_by(of.broadcast).limit(wanted.most + 1)
        if wanted.until is not None:
            asked = asked.where(of.create_time <= wanted.until)
        async with transaction(self._engine) as connection:
            found = [rows.found_of(row) for row in await connection.execute(asked)]
            page = found[: wanted.most]
            if not wanted.evidence:
                records, last = [Record(each.kept, each.decisions) for each in page], None
            else:
                parts = _parts(page, behind)
                records, last = (
                    await _records(connection, wanted.platform, parts),
                    parts[-1].following if parts else None,
                )
        if last is None and len(records) < len(found):
            last = Place(records[-1].kept.broadcast_id)
        return records, last

    async def redeem(
        self, order: Order, approval_id: str, account_id: str, now: datetime, *, again_within: timedelta
    ) -> bool:
        """Keeps which request used it up: the first one to commit."""
        by = {"request_id": order.request_id, "actor": order.actor}
        used = insert(exports).values(approval=approval_id, platform=order.platform, account=account_id, time=now, **by)
        mine = select(exports.c.time).where(
            exports.c.approval == approval_id,
            exports.c.time >= now - again_within,
            *(exports.c[name] == value for name, value in by.items()),
        )
        async with transaction(self._engine) as connection:
            await connection.execute(used.on_conflict_do_nothing())
            if (await connection.execute(mine)).one_or_none() is None:
                return False
            entry = steps.entry(order, Tag.BROADCASTS_EXPORTED, approval_id, now, {"account": account_id})
            await trail.write(connection, [entry])
        return True

    async def note(self, *entries: Entry) -> None:
        """Writes them."""
        async with transaction(self._engine) as connection:
            await trail.write(connection, entries)


class _Part(NamedTuple):
    """What a page has of a broadcast: everything behind `begin`, up to and with `end`."""

    found: Found
    begin: Place
    end: Place

    @property
    def following(self) -> Place | None:
        """Where what is left of it begins."""
        whole = (self.found.decisions, self.found.kept.declarations)
        return None if (self.end.decisions, self.end.declarations) == whole else self.end


def _parts(page: Sequence[Found], behind: Place) -> list[_Part]:
    """Returns what of broadcasts goes on one page: decisions first, then declarations, as many as it bears.

    Only of the first broadcast something may have been read before, and only of the last something may be left.
    """
    parts, room = list[_Part](), _MOST_ROWS
    for found in page:
        broadcast_id = found.kept.broadcast_id
        if not room:
            break
        begin = Place(broadcast_id)
        if behind.broadcast_id == broadcast_id:
            read = min(behind.decisions, found.decisions), min(behind.declarations, found.kept.declarations)
            begin = Place(broadcast_id, *read)
        ruled = min(found.decisions, begin.decisions + room)
        room -= ruled - begin.decisions
        declared = min(found.kept.declarations, begin.declarations + room)
        room -= declared - begin.declarations
        parts.append(_Part(found, begin, Place(broadcast_id, ruled, declared)))
        if parts[-1].following:
            break
    return parts


async def _records(connection: AsyncConnection, platform: str, parts: Sequence[_Part]) -> list[Record]:
    ruled = await _between(connection, decisions, platform, parts)
    declared = await _between(connection, declarations, platform, parts)
    return [
        Record(
            each.found.kept,
            each.found.decisions,
            list(map(_ruled, ruled[each.end.broadcast_id])),
            list(map(_declared, declared[each.end.broadcast_id])),
        )
        for each in parts
    ]


async def _between(
    connection: AsyncConnection, table: Table, platform: str, parts: Sequence[_Part]
) -> Mapping[str, list[Row[Any]]]:
    """Reads by the table's key, from where the first part begins to where the last one ends."""
    found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    if parts:
        of, ids = table.c, [each.end.broadcast_id for each in parts]
        row, (begin, end) = tuple_(of.broadcast, of.number), (parts[0].begin, parts[-1].end)
        query = select(table).where(
            of.platform == platform,
            of.broadcast.in_(ids),
            row > tuple_(literal(begin.broadcast_id), literal(getattr(begin, table.name))),
            row <= tuple_(literal(end.broadcast_id), literal(getattr(end, table.name))),
        )
        for each in await connection.execute(query.order_by(of.broadcast, of.number)):
            found[each.broadcast].append(each)
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
