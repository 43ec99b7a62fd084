"""What may be said at registration, beyond what the contract's own rules check."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc import names
from xacthuc.policy import age_on, local_date
from xacthuc.policy.dates import OLDEST_YEARS

if TYPE_CHECKING:
    from xacthuc.policy import Policy

_NAME_FAULTS: Final = {
    names.NameFault.TOO_LONG: "must have at most 200 characters",
    names.NameFault.CONTROL_CHARACTERS: "must not hold control characters, line breaks or overrides of direction",
    names.NameFault.NO_LETTERS: "must show a letter",
}

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far a platform's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that cannot be, and what it must be."""

    field: str
    description: str
    reason: str


class CalendarDate(NamedTuple):
    """A date as it was given, which the calendar may not have."""

    year: int
    month: int
    day: int

    def on_calendar(self) -> date | None:
        """Returns the day, or None when there is no such day."""
        try:
            return date(self.year, self.month, self.day)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Person:
    """What is kept of a holder: whole for who registers alone, the birth date alone for a child (R10, R15)."""

    full_name: str = field(repr=False)
    """Empty for a child: nothing more is kept until a parent or guardian answers for it."""
    birth_date: date | None = field(repr=False)
    """None where an import did not bring it."""

    @property
    def complete(self) -> bool:
        """Whether it is what the law has a network hold (R10)."""
        return bool(self.full_name) and self.birth_date is not None


def person_of(full_name: str, birth_date: date, policy: Policy, now: datetime) -> Person:
    """Returns what may be kept of who registers at `now`."""
    return Person("" if policy.is_child(birth_date, now) else full_name, birth_date)


def full_name_fault(name: str) -> Fault | None:
    """Returns what is wrong with a name that was given, or None."""
    found = names.fault(name) if name else None
    return None if found is None else Fault("full_name", _NAME_FAULTS[found], found.value)


def birth_date_fault(given: CalendarDate, now: datetime) -> Fault | None:
    """Returns what is wrong with a birth date at `now`, or None. Days are Vietnam's (R9)."""
    return birth_date_fault_on(given, local_date(now))


def birth_date_fault_on(given: CalendarDate, today: date) -> Fault | None:
    """Returns what is wrong with a birth date on `today`, a day in Vietnam, or None."""
    day = given.on_calendar()
    if day is None:
        return Fault("birth_date.day", "must be a day of that month", "NOT_ON_CALENDAR")
    if day > today:
        return Fault(f"birth_date.{_first_difference(day, today)}", "must not be in the future", "IN_FUTURE")
    if age_on(day, today) > OLDEST_YEARS:
        return Fault("birth_date.year", f"must not be more than {OLDEST_YEARS} years ago", "TOO_OLD")
    return None


def accept_time_fault(accepted: datetime, now: datetime, field: str = "consent.accept_time") -> Fault | None:
    """Returns what is wrong with the time of a consent at `now`, or None."""
    if accepted > now + CLOCK_TOLERANCE:
        return Fault(field, "must not be in the future; check the platform's clock", "IN_FUTURE")
    return None


def _first_difference(day: date, today: date) -> str:
    if day.year != today.year:
        return "year"
    return "month" if day.month != today.month else "day"
