"""Deleting what was kept for a time, some rows at once, beside others who do the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import any_, delete, func, literal_column, select

from xacthuc.sql.engine import transaction
from xacthuc.sql.pairs import is_none_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from sqlalchemy import ColumnElement, Delete, Table
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.sql.pairs import Pair

    Held: TypeAlias = Callable[[], Awaitable[Collection[Pair]]]
    """Returns the accounts of which nothing is destroyed."""


def sweep(table: Table, old: ColumnElement[bool], limit: int) -> Delete:
    """Returns what deletes up to `limit` rows that are `old`, leaving out those that somebody else is at.

    They are deleted by their place. Joined by key, a plan that is kept for any parameters would read the table from end to
    end. Not for partitioned tables, where a place is one of each partition.
    """
    place: ColumnElement[Any] = literal_column("ctid")
    found = select(place).select_from(table).where(old).limit(limit).with_for_update(skip_locked=True)
    return delete(table).where(place == any_(func.array(found.scalar_subquery())))


async def sweep_unheld(
    engine: AsyncEngine,
    table: Table,
    old: ColumnElement[bool],
    at_once: int,
    *,
    held: Held,
    whose: ColumnElement[str],
) -> None:
    """Does what `sweep_all` does, but for rows of accounts that are held, which are asked for before each transaction."""
    deleted = at_once
    while deleted == at_once:
        free = is_none_of(await held(), table.c.platform, whose)
        async with transaction(engine) as connection:
            deleted = (await connection.execute(sweep(table, old & free, at_once))).rowcount


async def sweep_all(engine: AsyncEngine, table: Table, old: ColumnElement[bool], at_once: int) -> None:
    """Deletes all rows that are `old` but those somebody else is at, `at_once` of them in a transaction."""
    deleted = at_once
    while deleted == at_once:
        async with transaction(engine) as connection:
            deleted = (await connection.execute(sweep(table, old, at_once))).rowcount
