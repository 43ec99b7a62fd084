"""What people and programs write into cells, and what it means. Pure; a cell is told never, only a reason."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.names.spelling import without_diacritics
from xacthuc.policy.dates import VIETNAM_TIME, local_date

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeVar

    from xacthuc.tables.rows import Cell

    M = TypeVar("M")

LONGEST: Final = 64
"""Characters of a cell that is read; the longest honest spelling of a number has about 40."""

_DAY: Final = re.compile(
    r"(?:(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})|(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})"
    r"|(?P<yyyy>\d{4})(?P<mm>\d{2})(?P<dd>\d{2}))"
    r"(?:[T ]+(?P<time>\d{1,2}:\d{2}(?::\d{2})?)(?:[.,]\d{1,9})?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_ISO_DAY: Final = len("2026-11-28")
_PARTS: Final = (("year", "y", "yyyy"), ("month", "m", "mm"), ("day", "d", "dd"))


class BadCellError(ValueError):
    """A cell that cannot be used; the message is the reason, one word."""


class DayOrder(StrEnum):
    """What stands first in a day that is written without its year in front. Closed."""

    DAY_FIRST = "day-first"
    """As people in Vietnam write."""
    MONTH_FIRST = "month-first"
    """As some programs do."""


class Moment(NamedTuple):
    """A day, and the instant on it where a time is written."""

    day: date
    """In Vietnam."""
    instant: datetime | None


def text_of(cell: Cell, longest: int = LONGEST) -> str:
    """Returns a cell as text without space around it; BadCellError with MISSING or TOO_LONG."""
    if isinstance(cell, float | Decimal) and isfinite(cell) and cell == int(cell):
        cell = int(cell)  # a column of figures with gaps is one of fractions to many programs
    text = str(cell).strip() if cell is not None else ""
    if not text:
        raise BadCellError("MISSING")
    if len(text) > longest:
        raise BadCellError("TOO_LONG")
    return text


def number_text(cell: Cell) -> str:
    """Returns the text of a number: without what spreadsheets put around digits to keep their zero."""
    text = text_of(cell)
    if text[0] in "='":
        text = text.removeprefix("=").strip("\"'")
    return text


def moment(cell: Cell, order: DayOrder = DayOrder.DAY_FIRST) -> Moment:
    """Returns the day that is written; BadCellError with NOT_A_DATE.

    ISO 8601, or the year last. Times without a zone are Vietnam's.
    """
    if isinstance(cell, datetime):
        if cell.tzinfo is None:
            return Moment(cell.date(), cell.replace(tzinfo=VIETNAM_TIME))
        return _in_vietnam(cell)
    if isinstance(cell, date):
        return Moment(cell, None)
    if isinstance(cell, str) and len(cell) > _ISO_DAY and cell[4] == "-" and cell.isascii():
        try:
            at = datetime.fromisoformat(cell)  # as programs write it, at a fifth of the cost
        except ValueError:
            return _read(text_of(cell), order)
        return moment(at)
    return _read(text_of(cell), order)


@lru_cache(maxsize=4_096)
def folded(text: str) -> str:
    """Returns a heading or a word without what nobody spells twice the same: case, marks, spaces and punctuation."""
    return re.sub(r"[^a-z0-9]", "", without_diacritics(text.casefold()))


def index(spellings: Mapping[M, Sequence[str]]) -> dict[str, M]:
    """Returns what each word stands for, by its folded spelling; ValueError when one stands for two things, or none."""
    found: dict[str, M] = {}
    for meaning, words in spellings.items():
        for word in words:
            if not folded(word):
                raise ValueError(f"{meaning}: {word!r} has neither a letter nor a digit")
            if found.setdefault(folded(word), meaning) != meaning:
                raise ValueError(f"{meaning}: {word!r} stands below {found[folded(word)]} as well")
    return found


def _read(text: str, order: DayOrder) -> Moment:
    found = _DAY.fullmatch(text)
    if found is None:
        raise BadCellError("NOT_A_DATE")
    parts = found.groupdict()
    if order is DayOrder.MONTH_FIRST:
        parts["d"], parts["m"] = parts["m"], parts["d"]
    year, month, day = (next(parts[name] for name in names if parts[name]) for names in _PARTS)
    try:
        on = date(int(year), int(month), int(day))
        if parts["time"] is None:
            return Moment(on, None)
        zone = datetime.strptime(parts["zone"], "%z").tzinfo if parts["zone"] else VIETNAM_TIME
        hour, minute, second, *_ = (*map(int, parts["time"].split(":")), 0)
        return _in_vietnam(datetime.combine(on, time(hour, minute, second), zone))
    except ValueError:
        raise BadCellError("NOT_A_DATE") from None


def _in_vietnam(instant: datetime) -> Moment:
    try:
        return Moment(local_date(instant), instant)
    except OverflowError:  # the first or last day that Python knows
        return Moment(instant.date(), instant)
