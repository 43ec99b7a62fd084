"""Finding rows under older keys, page by page along the table's key, in statements that stay short on any table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, literal, select, tuple_

from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy import Column, ColumnElement, Table, Tuple
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.sealing import KeyRing

Key = tuple[Any, ...]
"""A row's primary key."""

COUNTED_AT_ONCE: Final = 10_000
RENEWED_AT_ONCE: Final = 100
"""Opening and sealing as many takes some milliseconds of the event loop, in which no call is answered."""


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a table, along its key."""

    last: Key
    old: int
    """How many of its rows are under an older key."""


@dataclass(frozen=True, slots=True)
class OldRows:
    """The rows of a table whose `column` was made with an older key of `ring` than the current one.

    Only older ones: while servers are restarted with a new mark, those of the round before would otherwise move the same
    rows back, and so for ever.
    """

    engine: AsyncEngine
    column: Column[bytes]
    ring: KeyRing

    @property
    def table(self) -> Table:
        """Where the rows are."""
        return self.column.table

    @property
    def key(self) -> tuple[Column[Any], ...]:
        """The columns that name a row."""
        return tuple(self.table.primary_key.columns)

    @property
    def is_old(self) -> ColumnElement[bool]:
        """The version is the first byte, and `bytea` compares byte by byte."""
        return self.column < literal(bytes((self.ring.current,)), self.column.type)

    def between(self, after: Key | None, last: Key) -> ColumnElement[bool]:
        """Returns what holds of rows beyond `after` up to `last`."""
        upper = tuple_(*self.key) <= self._row(last)
        return upper if after is None else upper & (tuple_(*self.key) > self._row(after))

    async def page(self, after: Key | None, size: int) -> Page | None:
        """Returns the next stretch of up to `size` rows; None at the end."""
        rows = select(*self.key, self.is_old.label("old")).order_by(*self.key).limit(size)
        if after is not None:
            rows = rows.where(tuple_(*self.key) > self._row(after))
        page = rows.subquery()
        names = [page.c[column.name] for column in self.key]
        last = (
            select(*names, func.count().filter(page.c.old).over()).order_by(*(name.desc() for name in names)).limit(1)
        )
        async with transaction(self.engine) as connection:
            row = (await connection.execute(last)).one_or_none()
        return None if row is None else Page(tuple(row[:-1]), row[-1])

    def _row(self, key: Key) -> Tuple:
        return tuple_(*(literal(value, column.type) for value, column in zip(key, self.key, strict=True)))


@dataclass(frozen=True, slots=True)
class Target:
    """A column to be renewed."""

    rows: OldRows
    renew: Callable[[Key | None, Key], Awaitable[int]] | None
    """Renews what is old beyond a key up to another; returns how many. None for what runs out by itself."""

    @property
    def name(self) -> str:
        """Such as `evidence.number_index`."""
        return f"{self.rows.table.name}.{self.rows.column.name}"
