"""What a table holds: cells, rows of them, and the reason of each row that has none."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from heapq import merge
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Cell: TypeAlias = str | int | float | Decimal | date | None  # a bool is an int and a datetime a date

ROWS_AT_ONCE: Final = 4_096
"""Of a batch, at most: enough that a batch costs nothing beside its rows."""


class UnusableTableError(ValueError):
    """A file as a whole that cannot be read. The message says why; nothing in it is a cell."""

    def __init__(self, message: str, advice: str) -> None:
        """`advice` says what to do."""
        super().__init__(message)
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of a row as they stand in the file."""

    place: int
    """Where a person finds it: the line of a text, the record of a Parquet file, from 1."""
    cells: Sequence[Cell] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be used."""

    place: int
    field: str
    """Empty when it is the row as a whole."""
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows that follow each other, by column."""

    places: Sequence[int]
    columns: Sequence[Sequence[Cell]] = field(repr=False)
    """The cells of each wanted column, a row a place."""
    rejected: Sequence[Rejected]
    """Rows between them that have no cells."""


class Turn(NamedTuple):
    """Which batches of a table are read: several processes share one by having turns."""

    number: int
    of: int

    def has(self, batch: int) -> bool:
        """Whether a batch is read, counted from 0."""
        return batch % self.of == self.number


EVERY: Final = Turn(0, 1)


class Table(Protocol):
    """A file of rows."""

    headings: Sequence[str]
    total: int
    """About how many rows there are: exact, or a few too many; 0 when nobody knows."""

    def batches(self, wanted: Sequence[int], turn: Turn = EVERY) -> Iterator[Batch]:
        """Yields every row from the first one with its `wanted` cells, and never stops at a broken one.

        Of some of the batches only, where `turn` says so.
        """
        ...


def rows_of(table: Table, wanted: Sequence[int]) -> Iterator[Row | Rejected]:
    """Yields every row of a table by itself, in order."""
    for batch in table.batches(wanted):
        cells = zip(*batch.columns, strict=True)
        rows: Iterator[Row | Rejected] = map(Row, batch.places, cells)
        yield from merge(rows, batch.rejected, key=_place) if batch.rejected else rows


def _place(row: Row | Rejected) -> int:
    return row.place
