"""What people and programs write into the cells of a list, and what it means. Pure; a cell is told never, only a reason."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Final

from xacthuc.names.spelling import without_diacritics
from xacthuc.policy.dates import VIETNAM_TIME, end_of_day

if TYPE_CHECKING:
    from xacthuc.cli.lists.rows import Cell

LONGEST: Final = 64
"""Characters of a cell that is read; the longest honest spelling of a number has about 40."""

_DAY: Final = re.compile(
    r"(?:(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})|(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})"
    r"|(?P<yyyy>\d{4})(?P<mm>\d{2})(?P<dd>\d{2}))"
    r"(?:[T ]+(?P<time>\d{1,2}:\d{2}(?::\d{2})?)(?:[.,]\d{1,9})?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
"""ISO 8601, and days first as people in Vietnam write them; months first is not a spelling of Vietnam."""

_EARLIEST: Final = 1993
"""The first year of mobile numbers in Vietnam. Earlier dates are the zero of some program's calendar."""
_MOST_SIMS: Final = 1_000_000


class BadCellError(ValueError):
    """A cell that cannot be used; the message is the reason, one word."""


def text_of(cell: Cell) -> str:
    """Returns a cell as text without space around it; BadCellError with MISSING, TOO_LONG or NOT_TEXT."""
    if isinstance(cell, float | Decimal) and isfinite(cell) and cell == int(cell):
        cell = int(cell)  # a column of figures with gaps is one of fractions to many programs
    text = str(cell).strip() if cell is not None else ""
    if not text:
        raise BadCellError("MISSING")
    if len(text) > LONGEST:
        raise BadCellError("TOO_LONG")
    return text


def number_text(cell: Cell) -> str:
    """Returns the text of a number: without what spreadsheets put around digits to keep their zero."""
    text = text_of(cell)
    if text[0] in "='":
        text = text.removeprefix("=").strip("\"'")
    return text


@lru_cache(maxsize=4_096)
def observed(cell: Cell, now: datetime) -> datetime:
    """Returns when something was seen, at most `now`.

    A day without a time counts to its end: what was seen on it may have been seen at any hour. Times without a zone are
    Vietnam's. Kept, since a list has few days. BadCellError with NOT_A_DATE, TOO_EARLY or IN_THE_FUTURE.
    """
    if isinstance(cell, datetime):
        instant = cell if cell.tzinfo is not None else cell.replace(tzinfo=VIETNAM_TIME)
    elif isinstance(cell, date):
        instant = _end_of(cell)
    else:
        instant = _instant(text_of(cell))
    if instant.year < _EARLIEST:
        raise BadCellError("TOO_EARLY")
    if instant > end_of_day(now.astimezone(VIETNAM_TIME).date()):
        raise BadCellError("IN_THE_FUTURE")
    return min(instant.astimezone(UTC), now)


def sim_count(cell: Cell) -> int:
    """Returns how many SIMs a paper has; BadCellError with NOT_A_COUNT."""
    text = text_of(cell)
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= _MOST_SIMS):
        raise BadCellError("NOT_A_COUNT")
    return int(text)


@lru_cache(maxsize=4_096)
def folded(text: str) -> str:
    """Returns a heading or a word without what nobody spells twice the same: case, marks, spaces and punctuation."""
    return re.sub(r"[^a-z0-9]", "", without_diacritics(text.casefold()))


def _instant(text: str) -> datetime:
    found = _DAY.fullmatch(text)
    if found is None:
        raise BadCellError("NOT_A_DATE")
    parts = found.groupdict()
    year, month, day = (next(parts[name] for name in names if parts[name]) for names in _PARTS)
    try:
        on = date(int(year), int(month), int(day))
        if parts["time"] is None:
            return _end_of(on)
        zone = datetime.strptime(parts["zone"], "%z").tzinfo if parts["zone"] else VIETNAM_TIME
        hour, minute, second, *_ = (*map(int, parts["time"].split(":")), 0)
        return datetime.combine(on, time(hour, minute, second), zone)
    except BadCellError:
        raise
    except ValueError:
        raise BadCellError("NOT_A_DATE") from None


_PARTS: Final = (("year", "y", "yyyy"), ("month", "m", "mm"), ("day", "d", "dd"))


def _end_of(day: date) -> datetime:
    if day.year < _EARLIEST:
        raise BadCellError("TOO_EARLY")
    try:
        return end_of_day(day)
    except OverflowError:
        raise BadCellError("IN_THE_FUTURE") from None
