"""What a list holds, in the order of understanding: cells, then a report on a number or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Cell: TypeAlias = str | int | float | Decimal | date | None  # a bool is an int and a datetime a date


class Column(StrEnum):
    """What a column can say. The names are those of a file of headings."""

    NUMBER = "number"
    OBSERVED = "observed"
    FULL_NAME = "full_name"
    BIRTH_DATE = "birth_date"
    PERSONAL_ID = "personal_id"
    SIM_COUNT = "sim_count"


class Kind(StrEnum):
    """What a list says of its numbers."""

    DEACTIVATED = "deactivated"
    RECYCLED = "recycled"
    BLOCKED = "blocked"
    SUBSCRIBER_MISMATCH = "subscriber-mismatch"
    TOO_MANY_SIMS = "too-many-sims"


class Verdict(StrEnum):
    """What the operator found when it compared a field with its subscriber record. Never one answer for all fields."""

    MATCH = "match"
    MISMATCH = "mismatch"
    UNKNOWN = "unknown"


COMPARED = (Column.FULL_NAME, Column.BIRTH_DATE, Column.PERSONAL_ID)
"""Fields that a subscriber record is compared by."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a row says of a number."""

    place: int
    number: str = field(repr=False)
    """E.164."""
    observed: datetime
    verdicts: Mapping[Column, Verdict]
    """One for each field that the list has a column for; only lists of mismatches have any."""
    sim_count: int
    """SIMs registered on the paper behind the number; 0 when the list does not say."""


class Table(Protocol):
    """A file of rows."""

    headings: Sequence[str]
    total: int
    """About how many rows there are: exact, or a few too many."""

    def rows(self, wanted: Sequence[int]) -> Iterator[Row | Rejected]:
        """Yields every row from the first one with its `wanted` cells, and never stops at a broken one."""
        ...
