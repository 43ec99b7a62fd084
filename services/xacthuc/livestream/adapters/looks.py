"""What a step has to know, each time in one statement: most of what a question costs is the way to the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import literal, select, true

from xacthuc.livestream.adapters import rows
from xacthuc.livestream.adapters.tables import broadcasters

if TYPE_CHECKING:
    from sqlalchemy import FromClause, Row, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.livestream.adapters.rows import Found
    from xacthuc.order import Order


class Look(NamedTuple):
    """What is known."""

    request: Row[Any]
    """With `fingerprint` and `answer`: empty for one that was not made before."""
    found: Found | None = None
    heard: int | None = None
    on_air: int = 0


async def at_account(connection: AsyncConnection, order: Order, request: Select[Any], account_id: str) -> Look:
    """Looks at whom a broadcast is to be of."""
    asked, whose = request.subquery("asked"), rows.heard_of(order.platform, account_id).subquery("whose")
    row = (await connection.execute(select(asked, whose).select_from(_each_or_nothing(asked, whose)))).one()
    return Look(row, heard=row.heard)


async def at_broadcast(connection: AsyncConnection, order: Order, request: Select[Any], broadcast_id: str) -> Look:
    """Looks at a broadcast that is known, and at whose it is."""
    asked, found = request.subquery("asked"), rows.one(order.platform, broadcast_id).subquery("found")
    whose = broadcasters.c
    its_account = (whose.platform == found.c.platform) & (whose.account == found.c.account)
    tables = _each_or_nothing(asked, found).outerjoin(broadcasters, its_account)
    row = (await connection.execute(select(asked, found, whose.heard).select_from(tables))).one()
    return Look(row, _found(row), row.heard)


async def before_change(
    connection: AsyncConnection, order: Order, request: Select[Any], account_id: str, broadcast_id: str
) -> Look:
    """Looks at a broadcast and locks it, under the lock of the account."""
    asked = request.subquery("asked")
    found = rows.one(order.platform, broadcast_id).with_for_update().subquery("found")
    on_air = rows.count_of(order.platform, account_id, broadcast_id).scalar_subquery().label("on_air")
    row = (await connection.execute(select(asked, found, on_air).select_from(_each_or_nothing(asked, found)))).one()
    return Look(row, _found(row), on_air=row.on_air)


def _each_or_nothing(*tables: FromClause) -> FromClause:
    """Joins tables of a row at most to one row, in which empty is what is not there."""
    joined: FromClause = select(literal(1)).subquery("one")
    for each in tables:
        joined = joined.outerjoin(each, true())
    return joined


def _found(row: Row[Any]) -> Found | None:
    return None if row.broadcast is None else rows.found_of(row)
