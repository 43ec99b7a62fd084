"""Pages of what has a random id: by when it was made, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, tuple_

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select, Table


def newest_first(
    table: Table, key: ColumnElement[str], after: str, limit: int, *scope: ColumnElement[bool], by: str = "create_time"
) -> Select[Any]:
    """Returns the rows of `scope` behind the one whose key there is `after`; from the newest on when it is empty.

    `by` is the column that says when a row was made. It never changes, so pages stay what they were.
    """
    place = (table.c[by], key)
    query = select(table).where(*scope).order_by(*(column.desc() for column in place)).limit(limit)
    if after:
        query = query.where(tuple_(*place) < select(*place).where(key == after, *scope).scalar_subquery())
    return query
