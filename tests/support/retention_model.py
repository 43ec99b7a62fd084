"""What the plan of retention comes to, worked out a second time: dates, terms and holds by arithmetic of its own.

Nothing of the product is used here, so that a slip in its calendar or in its rules shows against this one.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

AHEAD = timedelta(hours=7)
"""Vietnam's time to UTC."""
MONTHS_A_YEAR = 12


@dataclass(frozen=True)
class Kept:
    """For how long one kind of data is kept."""

    months: int = 0
    days: int = 0
    held: bool = False
    """Whether a hold on the account keeps it."""
    exact: bool = False
    """Whether the time of the end is written down at the beginning, and not found by looking back from today."""

    def due(self, start: datetime) -> datetime:
        """Returns the first moment at which what began at `start` is destroyed, if nothing holds it."""
        return later(start + timedelta(days=self.days), self.months, exact=self.exact)


@dataclass(frozen=True)
class Month(Kept):
    """Kept until the last day of its month is that old."""

    def due(self, start: datetime) -> datetime:
        local = start + AHEAD
        return first_of(local.replace(hour=0, minute=0, second=0, microsecond=0), self.months + 1)


RECORD = Kept(months=24)
KINDS: dict[str, Kept] = {
    "ACCOUNT": Kept(months=24, held=True, exact=True),
    "PENDING": Kept(days=30, held=True, exact=True),
    "LAPSED_EVIDENCE": Kept(months=24, held=True),
    "ENDED_LOCK": Kept(months=24, held=True),
    "VIOLATION": Kept(months=24, held=True),
    "LOCK_IDENTITY": Kept(days=1),
    "PROOF": Kept(days=30, held=True),
    "NUMBER_MOVE": Kept(days=30, held=True),
    "REQUEST": Kept(days=30),
    "IMPORT_BATCH": Kept(days=30),
    "SIGN_IN": Kept(days=1),
    "JOB_ATTEMPT": Kept(days=30),
    "EVENT": Kept(days=30),
    "WEBHOOK_DELIVERY": Kept(days=30),
    "AUDIT": Kept(months=60),
    "APPROVAL": RECORD,
    "HOLD": RECORD,
    "SUBJECT_REQUEST": RECORD,
    "BREACH": RECORD,
    "CASE": RECORD,
    "RECONCILIATION": RECORD,
    "FINDING": Kept(months=24, held=True),
    "RELEASE": RECORD,
    "RELEASE_DOCUMENT": Kept(days=1, exact=True),
    "NUMBER_LIST": RECORD,
    "SESSION": Month(months=24),
    "HELD_SESSION": Kept(months=24, held=True),
    "ERASURE": RECORD,
}
"""The table of docs/retention.md, written down once more."""

OF_ACCOUNT = frozenset({"LAPSED_EVIDENCE", "ENDED_LOCK", "VIOLATION", "LOCK_IDENTITY", "FINDING"})
"""What goes with the account it is of, if that comes first."""

FETCHED = timedelta(minutes=10)
"""How long a document is there after it was fetched, for who lost the answer."""

Span = tuple[datetime, datetime | None]
"""From when until when, the end left out; None for what has none."""


def later(start: datetime, months: int, *, exact: bool = True) -> datetime:
    """Returns the same day and time that many months on.

    Where that month has no such day it is its last one; whoever looks back from today finds it on the first day after.
    """
    local = start + AHEAD
    year, month = _moved(local, months)
    last = monthrange(year, month)[1]
    if local.day > last and not exact:
        return first_of(local.replace(hour=0, minute=0, second=0, microsecond=0), months + 1)
    return local.replace(year=year, month=month, day=min(local.day, last)) - AHEAD


def first_of(midnight: datetime, months: int) -> datetime:
    """Returns the beginning of the month that comes so many after that of a local midnight."""
    year, month = _moved(midnight, months)
    return midnight.replace(year=year, month=month, day=1) - AHEAD


def first_free(at: datetime, *spans: Iterable[Span]) -> datetime | None:
    """Returns the first moment from `at` on that no span covers; None when there is none."""
    every = [span for some in spans for span in some]
    while covering := [end for begin, end in every if begin <= at and (end is None or at < end)]:
        if None in covering:
            return None
        at = max(end for end in covering if end is not None)
    return at


def covered(at: datetime, spans: Iterable[Span]) -> bool:
    """Whether a span covers that moment."""
    return any(begin <= at and (end is None or at < end) for begin, end in spans)


def _moved(local: datetime, months: int) -> tuple[int, int]:
    year, month = divmod(local.year * MONTHS_A_YEAR + local.month - 1 + months, MONTHS_A_YEAR)
    return year, month + 1
