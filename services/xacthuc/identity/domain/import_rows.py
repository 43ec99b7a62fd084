"""What is taken of each account that a platform brings along, or why nothing is (R1, R10, R15).

There are tens of thousands a second, so a row is a few plain tuples, its times are whole microseconds since the Unix
epoch, and what is plainly right is told at a glance. Whatever is not goes to the rules that registrations have.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.identity.domain.importing import Outcome, PhoneOutcome, Verdict
from xacthuc.identity.domain.registration import (
    CLOCK_TOLERANCE,
    Fault,
    Person,
    accept_time_fault,
    birth_date_fault_on,
    full_name_fault,
)
from xacthuc.phone import Refusal
from xacthuc.policy import local_date
from xacthuc.policy.dates import OLDEST_YEARS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.identity.domain.registration import CalendarDate
    from xacthuc.phone import NumberPlan
    from xacthuc.policy import Policy

make: Final = tuple.__new__
"""Makes a named tuple of its fields in a third of the time: its own constructor is a function of Python around this."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class ImportedConsent(NamedTuple):
    """What the holder agreed to, and when."""

    text_version: str
    accept_us: int


class ImportedPhone(NamedTuple):
    """A number that the platform had verified."""

    number: str
    """As it was given; E.164 once it was judged."""
    verify_us: int
    source: str


class ImportedTransition(NamedTuple):
    """A grace of the law that covers the account."""

    end_us: int
    legal_basis: str


class ImportedRow(NamedTuple):
    """An account as it was given."""

    account_id: str
    full_name: str
    birth_date: CalendarDate | None
    consent: ImportedConsent | None
    phone: ImportedPhone | None
    transition: ImportedTransition | None
    faults: tuple[Fault, ...]
    """What the reading of the row has found already."""


class Candidate(NamedTuple):
    """A row without a fault, reduced to what may be kept of it."""

    place: int
    """Of the row in its batch, from 0."""
    account_id: str
    full_name: str
    """Empty for a child, and where it was not given."""
    birth_date: date | None
    child_until: datetime | None
    purge_time: datetime | None
    """When the record of a child is destroyed for which no guardian answers until then."""
    complete: bool
    consent: ImportedConsent | None
    phone: ImportedPhone | None
    """What may stand, unless others proved the number later."""
    phone_outcome: PhoneOutcome
    """As far as the row alone tells."""
    transition: ImportedTransition | None

    @property
    def person(self) -> Person:
        """Who the holder is."""
        return Person(self.full_name, self.birth_date)


class Judge:
    """Judges rows at one instant."""

    def __init__(self, policy: Policy, numbers: NumberPlan, now: datetime) -> None:
        """Takes the law, the plan that says what a mobile number is, and the instant."""
        self._policy = policy
        self._numbers = numbers
        self._now = now
        self._latest_us = microseconds(now + CLOCK_TOLERANCE)
        self._today = today = local_date(now)
        self._plainly_possible = date(today.year - OLDEST_YEARS + 1, 1, 1)
        """Nobody born since can be too old, whatever the day."""
        self._plainly_grown = date(today.year - policy.ages.guardian_below, 1, 1)
        """Nobody born before can be a child."""
        self._pending_until = now + timedelta(days=policy.retention.pending_days)
        self._stands = PhoneOutcome.ACCEPTED if policy.imports.accept_phone_evidence else PhoneOutcome.NOT_ACCEPTED

    def batch(self, rows: Iterable[ImportedRow], start: int, taken: set[str]) -> list[Candidate | Verdict]:
        """Returns what may be kept of each row, or why nothing is. The first of several rows of an account counts.

        `start` is the place of the first row, `taken` collects the accounts of the batch.
        """
        judged: list[Candidate | Verdict] = []
        for place, row in enumerate(rows, start):
            one = self._row(place, row)
            if isinstance(one, Candidate):
                if one.account_id in taken:
                    one = _TWICE
                else:
                    taken.add(one.account_id)
            judged.append(one)
        return judged

    def _row(self, place: int, row: ImportedRow) -> Candidate | Verdict:
        account_id, name, given, consent, phone, transition, found = row
        faults = list(found)
        if name_fault := full_name_fault(name):
            faults.append(name_fault)
        born = None if given is None else self._birth_date(given, faults)
        if consent is not None and consent.accept_us > self._latest_us:
            faults += self._accept_time_faults(consent)
        if phone is not None:
            phone = self._phone(phone, faults)
        if faults:
            return Verdict(Outcome.REFUSED, faults=tuple(faults))
        complete = bool(name) and born is not None
        stands = PhoneOutcome.NONE if phone is None else self._stands
        kept = phone if stands is PhoneOutcome.ACCEPTED else None
        taken = make(
            Candidate, (place, account_id, name, born, None, None, complete, consent, kept, stands, transition)
        )
        if born is not None and born >= self._plainly_grown and self._policy.is_child_on(born, self._today):
            return self._child(taken, born)
        return taken

    def _child(self, taken: Candidate, born: date) -> Candidate:
        """Keeps nothing of a child but the birth date, and that only for as long as a guardian may take to answer."""
        return taken._replace(
            full_name="",
            child_until=self._policy.independent_from(born),
            purge_time=self._pending_until,
            complete=False,
            phone=None,
            phone_outcome=PhoneOutcome.NONE if taken.phone_outcome is PhoneOutcome.NONE else PhoneOutcome.CHILD,
        )

    def _birth_date(self, given: CalendarDate, faults: list[Fault]) -> date | None:
        born = given.on_calendar()
        if born is None or not self._plainly_possible <= born <= self._today:
            fault = birth_date_fault_on(given, self._today)
            faults += [fault] if fault else []
        return born

    def _accept_time_faults(self, consent: ImportedConsent) -> list[Fault]:
        fault = accept_time_fault(instant(consent.accept_us), self._now)
        return [fault] if fault else []

    def _phone(self, phone: ImportedPhone, faults: list[Fault]) -> ImportedPhone:
        number, verify_us, source = phone
        e164 = self._numbers.plain(number)
        if e164 is None:
            mobile = self._numbers.parse(number)
            if isinstance(mobile, Refusal):
                faults.append(Fault("phone_evidence.phone_number", mobile.en, mobile.reason.value))
            else:
                e164 = mobile.e164
        if verify_us > self._latest_us:
            faults.append(
                Fault("phone_evidence.verify_time", "must not be in the future; check the export", "IN_FUTURE")
            )
        return make(ImportedPhone, (e164 or number, verify_us, source))


_TWICE: Final = Verdict(
    Outcome.REFUSED,
    faults=(Fault("account_id", "must not stand in an earlier row of the batch; leave one of them", "DUPLICATE"),),
)


def microseconds(at: datetime) -> int:
    """Returns an instant as rows have it."""
    return (at - _EPOCH) // _MICROSECOND


def instant(at_us: int) -> datetime:
    """Returns an instant of a row."""
    return _EPOCH + timedelta(microseconds=at_us)
