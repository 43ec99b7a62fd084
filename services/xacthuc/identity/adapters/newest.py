"""Pages of what has a random id: by when it was made, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, tuple_

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select, Table


def newest_first(table: Table, key: ColumnElement[str], after: str, limit: int) -> Select[Any]:
    """Returns the rows behind the one whose key is `after`; from the newest on when it is empty."""
    place = (table.c.create_time, key)
    query = select(table).order_by(*(column.desc() for column in place)).limit(limit)
    if after:
        query = query.where(tuple_(*place) < select(*place).where(key == after).scalar_subquery())
    return query
