"""What is taken of the accounts that a platform brings along, and what becomes of each (R1, R10, R15)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc import names
from xacthuc.identity.domain.account import State, state_of
from xacthuc.identity.domain.claims import Claim, Held, Holder, Tie, claim
from xacthuc.identity.domain.facts import FOREVER_MS, EvidenceKind, Facts
from xacthuc.identity.domain.registration import (
    CLOCK_TOLERANCE,
    Fault,
    Person,
    accept_time_fault,
    birth_date_fault_on,
)
from xacthuc.phone import Refusal
from xacthuc.policy import local_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from xacthuc.identity.domain.claims import Bounds
    from xacthuc.identity.domain.registration import CalendarDate
    from xacthuc.phone import NumberPlan
    from xacthuc.policy import Policy

_NAME_FAULTS: Final = {
    names.NameFault.TOO_LONG: "must have at most 200 characters",
    names.NameFault.CONTROL_CHARACTERS: "must not hold control characters, line breaks or overrides of direction",
    names.NameFault.NO_LETTERS: "must show a letter",
}


class Outcome(StrEnum):
    """What became of an account. The contract carries the same names."""

    IMPORTED = "IMPORTED"
    UNCHANGED = "UNCHANGED"
    """It was registered with the same details already."""
    EXISTS = "EXISTS"
    """It is registered with other details, which stay."""
    REFUSED = "REFUSED"


class PhoneOutcome(StrEnum):
    """What became of the phone evidence of an imported account. The contract carries the same names."""

    NONE = "PHONE_UNSPECIFIED"
    ACCEPTED = "ACCEPTED"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    """The policy believes no code but ours (R1)."""
    OLDER_PROOF = "OLDER_PROOF"
    """Somebody unrelated proved the number later."""
    TOO_MANY_ACCOUNTS = "TOO_MANY_ACCOUNTS"
    MOVED_TOO_OFTEN = "MOVED_TOO_OFTEN"
    """Both as `claims.ClaimRefusal` says."""
    CHILD = "CHILD"
    """Nothing but the birth date is kept of a child before a guardian answers (R15)."""


class ImportedConsent(NamedTuple):
    """What the holder agreed to, and when."""

    text_version: str
    accept_time: datetime


class ImportedPhone(NamedTuple):
    """A number that the platform had verified."""

    number: str
    """As it was given; E.164 once it was judged."""
    verify_time: datetime
    source: str


class ImportedTransition(NamedTuple):
    """A grace of the law that covers the account."""

    end_time: datetime
    legal_basis: str


class ImportedRow(NamedTuple):
    """An account as it was given. A named tuple, since there are tens of thousands a second."""

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
    person: Person
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one row."""

    outcome: Outcome
    state: State | None = None
    """None for a refused row."""
    phone: PhoneOutcome = PhoneOutcome.NONE
    transition_extended: bool = False
    faults: tuple[Fault, ...] = ()


class Judge:
    """Judges rows at one instant."""

    def __init__(self, policy: Policy, numbers: NumberPlan, now: datetime) -> None:
        """Takes the law, the plan that says what a mobile number is, and the instant."""
        self._policy = policy
        self._parse = numbers.parse
        self._now = now
        self._today = local_date(now)
        self._pending_until = now + timedelta(days=policy.retention.pending_days)
        self._accepts_phones = policy.imports.accept_phone_evidence

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
        now = self._now
        faults = list(row.faults)
        name, born = row.full_name, None
        if name and (name_fault := names.fault(name)):
            faults.append(Fault("full_name", _NAME_FAULTS[name_fault], name_fault.value))
        if row.birth_date is not None:
            fault = birth_date_fault_on(row.birth_date, self._today)
            if fault is None:
                born = row.birth_date.on_calendar()
            else:
                faults.append(fault)
        if row.consent is not None and (fault := accept_time_fault(row.consent.accept_time, now)):
            faults.append(fault)
        phone = row.phone
        if phone is not None:
            mobile = self._parse(phone.number)
            if isinstance(mobile, Refusal):
                faults.append(Fault("phone_evidence.phone_number", mobile.en, mobile.reason.value))
            else:
                phone = ImportedPhone(mobile.e164, phone.verify_time, phone.source)
            if phone.verify_time > now + CLOCK_TOLERANCE:
                faults.append(
                    Fault("phone_evidence.verify_time", "must not be in the future; check the export", "IN_FUTURE")
                )
        if faults:
            return Verdict(Outcome.REFUSED, faults=tuple(faults))
        child = born is not None and self._policy.is_child_on(born, self._today)
        phone_outcome = self._phone(phone, child=child)
        return Candidate(
            place=place,
            account_id=row.account_id,
            person=Person("" if child else name, born),
            child_until=self._policy.independent_from(born) if born is not None and child else None,
            purge_time=self._pending_until if child else None,
            complete=not child and bool(name) and born is not None,
            consent=row.consent,
            phone=phone if phone_outcome is PhoneOutcome.ACCEPTED else None,
            phone_outcome=phone_outcome,
            transition=row.transition,
        )

    def _phone(self, phone: ImportedPhone | None, *, child: bool) -> PhoneOutcome:
        if phone is None:
            return PhoneOutcome.NONE
        if child:
            return PhoneOutcome.CHILD
        return PhoneOutcome.ACCEPTED if self._accepts_phones else PhoneOutcome.NOT_ACCEPTED


_TWICE: Final = Verdict(
    Outcome.REFUSED,
    faults=(Fault("account_id", "must not stand in an earlier row of the batch; leave one of them", "DUPLICATE"),),
)


class Registrar:
    """Gives the verdicts on accounts that were kept, the same object for the same one: rows have few different."""

    def __init__(self, now: datetime) -> None:
        """Takes the instant at which their states are told."""
        self._now_ms = int(now.timestamp() * 1000)
        self._made: dict[tuple[bool, bool, PhoneOutcome], Verdict] = {}

    def imported(self, candidate: Candidate, phone: PhoneOutcome) -> Verdict:
        """Returns the verdict on a kept account, with what became of its number."""
        key = (candidate.child_until is not None, candidate.complete, phone)
        return self._made.get(key) or self._make(key)

    def _make(self, key: tuple[bool, bool, PhoneOutcome]) -> Verdict:
        child, complete, phone = key
        facts = Facts(
            registered=True,
            evidence=frozenset({EvidenceKind.PHONE}) if phone is PhoneOutcome.ACCEPTED else frozenset(),
            child_until_ms=FOREVER_MS if child else 0,
            complete=complete,
        )
        made = self._made[key] = Verdict(Outcome.IMPORTED, state_of(facts, self._now_ms), phone)
        return made


class Proven(NamedTuple):
    """Somebody who proved possession of a number."""

    verify_time: datetime
    account_id: str
    person: bytes | None
    """Equal for equal name and birth date; None when nobody knows both."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Who has a number once a batch is merged."""

    refused: Mapping[str, PhoneOutcome] = field(repr=False)
    """Newcomers who do not get it, and why."""
    displaced: tuple[str, ...] = field(repr=False)
    """Holders who lose it."""


def share(
    holders: Sequence[Proven], newcomers: Sequence[Proven], moves: tuple[datetime, ...], bounds: Bounds, now: datetime
) -> Shares:
    """Decides who stands on one number, of those who stood on it and those who come along with a proof of their own.

    Everybody proves it once more, in the order in which they did, by the rule for a single proof (`claims.claim`). So it
    makes no difference in which order they are told of: the latest proof wins (R30).
    """
    stood = {one.account_id for one in holders}
    refused: dict[str, PhoneOutcome] = {}
    displaced: list[str] = []
    standing: list[Proven] = []
    for one in sorted((*holders, *newcomers), key=lambda one: (one.verify_time, one.account_id)):
        # Only a number that leaves somebody who stood on it moves, and whoever stood on it has moved it already.
        moving = one.account_id not in stood and any(other.account_id in stood for other in standing)
        held = Held(
            holders=tuple(Holder(other.account_id, _tie(one, other, stood)) for other in standing),
            newest_verify_time=standing[-1].verify_time if standing else None,
            moves=moves if moving else (),
        )
        outcome = claim(held, one.verify_time, bounds, now)
        if isinstance(outcome, Claim):
            displaced += [account for account in outcome.displaced if account in stood]
            refused.update(dict.fromkeys(set(outcome.displaced) - stood, PhoneOutcome.OLDER_PROOF))
            standing = [other for other in standing if other.account_id not in outcome.displaced]
        else:  # an account that stood stays, and the earliest newcomer makes room for it
            late = [one, *standing] if one.account_id not in stood else standing
            gives_way = next((other.account_id for other in late if other.account_id not in stood), None)
            if gives_way is not None:
                refused[gives_way] = PhoneOutcome(outcome.value)
        standing = [other for other in (*standing, one) if other.account_id not in refused]
    return Shares(refused, tuple(displaced))


def _tie(one: Proven, other: Proven, stood: set[str]) -> Tie:
    """Two that stood beside each other may go on; an account that is registered only now has no guardian and no ward."""
    same = one.person is not None and one.person == other.person
    return Tie.RELATED if same or {one.account_id, other.account_id} <= stood else Tie.NONE
