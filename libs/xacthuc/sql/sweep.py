"""Deleting what was kept for a time, some rows at once, beside others who do the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import any_, delete, func, literal_column, select

from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Delete, Table
    from sqlalchemy.ext.asyncio import AsyncEngine


def sweep(table: Table, old: ColumnElement[bool], limit: int) -> Delete:
    """Returns what deletes up to `limit` rows that are `old`, leaving out those that somebody else is at.

    They are deleted by their place. Joined by key, a plan that is kept for any parameters would read the table from end to
    end. Not for partitioned tables, where a place is one of each partition.
    """
    place: ColumnElement[Any] = literal_column("ctid")
    found = select(place).select_from(table).where(old).limit(limit).with_for_update(skip_locked=True)
    return delete(table).where(place == any_(func.array(found.scalar_subquery())))


async def sweep_all(engine: AsyncEngine, table: Table, old: ColumnElement[bool], at_once: int) -> None:
    """Deletes all rows that are `old` but those somebody else is at, `at_once` of them in a transaction."""
    deleted = at_once
    while deleted == at_once:
        async with transaction(engine) as connection:
            deleted = (await connection.execute(sweep(table, old, at_once))).rowcount
