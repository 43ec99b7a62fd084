"""What cells say on the lists of operators, beyond what cells of any table do. Pure; a cell is told never, only a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from xacthuc.policy.dates import VIETNAM_TIME, end_of_day
from xacthuc.tables.cells import BadCellError, moment, text_of

if TYPE_CHECKING:
    from xacthuc.tables.rows import Cell

_EARLIEST: Final = 1993
"""The first year of mobile numbers in Vietnam. Earlier dates are the zero of some program's calendar."""
_MOST_SIMS: Final = 1_000_000


@lru_cache(maxsize=4_096)
def observed(cell: Cell, now: datetime) -> datetime:
    """Returns when something was seen, at most `now`.

    A day without a time counts to its end: what was seen on it may have been seen at any hour. Kept, since a list has few
    days. BadCellError with NOT_A_DATE, TOO_EARLY or IN_THE_FUTURE.
    """
    day, instant = moment(cell)
    if day.year < _EARLIEST:
        raise BadCellError("TOO_EARLY")
    instant = instant or _end_of(day)
    if instant > end_of_day(now.astimezone(VIETNAM_TIME).date()):
        raise BadCellError("IN_THE_FUTURE")
    return min(instant.astimezone(UTC), now)


def sim_count(cell: Cell) -> int:
    """Returns how many SIMs a paper has; BadCellError with NOT_A_COUNT."""
    text = text_of(cell)
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= _MOST_SIMS):
        raise BadCellError("NOT_A_COUNT")
    return int(text)


def _end_of(day: date) -> datetime:
    try:
        return end_of_day(day)
    except OverflowError:
        raise BadCellError("IN_THE_FUTURE") from None
