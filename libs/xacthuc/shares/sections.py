"""Which rows of a service's tables are about an account, and what of them is told.

Whoever adds a table or a column adds it to a section here, or a reason not to: a test compares with the schema.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import func, select
from sqlalchemy.sql import visitors

from xacthuc.shares.filled import MOST_ROWS, Filled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Column, ColumnElement, Label, Row, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    Theirs: TypeAlias = Callable[[str, str], ColumnElement[bool]]
    """Which rows are about an account, by platform and account."""


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of a table that are about an account."""

    name: str
    table: Table
    title_vi: str
    title_en: str
    columns: tuple[Column[Any] | Label[Any], ...]
    """What is told, under its name."""
    by: ColumnElement[Any]
    """The instant by which they are ordered: the last ones are the newest."""
    theirs: Theirs
    opened: Mapping[str, Callable[[Row[Any]], str | None]] = field(default_factory=dict)
    """Whatever is sealed among the columns, by its name, with what opens it."""
    opened_from: tuple[Column[Any], ...] = ()
    """What else of the row it takes to open that."""

    @property
    def reads(self) -> set[str]:
        """The columns of the table that it tells something of."""
        found = (element for column in self.columns for element in visitors.iterate(column))
        return {each.name for each in found if getattr(each, "table", None) is self.table}  # type: ignore[attr-defined]  # columns have a name

    async def filled(self, connection: AsyncConnection, platform: str, account_id: str) -> Filled:
        """Reads its newest rows; nothing but what it tells is read or opened."""
        wanted = (self.table.c.platform == platform, self.theirs(platform, account_id))
        others = [column for column in self.opened_from if column.name not in {each.name for each in self.columns}]
        query = select(*self.columns, *others).where(*wanted)
        rows = await connection.execute(query.order_by(self.by.desc().nulls_last()).limit(MOST_ROWS))
        told = [self._told(row) for row in rows]
        total = len(told)
        if total == MOST_ROWS:
            total = await connection.scalar(select(func.count()).select_from(self.table).where(*wanted)) or 0
        return Filled(name=self.name, title_vi=self.title_vi, title_en=self.title_en, rows=told, total=total)

    def _told(self, row: Row[Any]) -> dict[str, Any]:
        values = row._mapping  # noqa: SLF001 - SQLAlchemy's own name for the row as a mapping
        return {
            # SQLAlchemy's names are of a kind of string of its own, which JSON has no keys of.
            str(each.name): self.opened[each.name](row)
            if each.name in self.opened and values[each.name] is not None
            else values[each.name]
            for each in self.columns
        }


def named(column: Column[str]) -> Theirs:
    """Returns that rows are about an account which name it in a column."""
    return lambda _platform, account: column == account


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """Everything of one service: each of its tables is in one of these."""

    told: Sequence[Section]
    left_out: Mapping[str, str]
    """Tables, or columns as `table.column`, that are about an account and not told, with the reason, which is."""
    nobodys: Mapping[str, str]
    """Tables that are about no account, with what they are about instead."""
    kept: Mapping[str, str]
    """The figure of the policy that says how long, by what it is about."""


def calls_section(requests: Table) -> Section:
    """Returns what was called of late, by a platform or an operator, as every service keeps it (`sql/requests.py`)."""
    of = requests.c
    return Section(
        "requests",
        requests,
        "Yêu cầu gần đây",
        "Calls of late",
        (of.method, of.create_time),
        of.create_time,
        named(of.account),
    )


def record_section(entries: Table, theirs: Theirs) -> Section:
    """Returns who did what with an account's data, as every service writes it down (`audit/trail.py`)."""
    of = entries.c
    return Section(
        "audit",
        entries,
        "Nhật ký xử lý dữ liệu",
        "Who did what with it",
        (of.time, of.tag, of.actor),
        of.time,
        theirs,
    )
