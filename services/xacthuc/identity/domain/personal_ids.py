"""What a personal ID may be given for, what is believed of those who confirm it, and when they are asked again.

Declared is not authenticated: only somebody else's word on number, name and birth date is (R41). Phone first: without the
confirmation of having no mobile number a personal ID serves for selling live alone (R2, R3).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from xacthuc import names
from xacthuc.identity.domain.facts import EvidenceKind, Life

if TYPE_CHECKING:
    from datetime import date, datetime

    from xacthuc.identity.domain.account import AccountView
    from xacthuc.identity.domain.facts import Facts
    from xacthuc.names import NameMatch

_LONGEST_PAUSE: Final = timedelta(hours=1)
_PAUSE_SHARE: Final = 4
"""The next question comes when the first one is a quarter older: a short outage is over soon, a long one is left alone."""

_DIGITS: Final = 12


class Ground(StrEnum):
    """Why a personal ID is given."""

    NO_MOBILE = "NO_MOBILE"
    """The holder confirmed having no Vietnamese mobile number (R2)."""
    COMMERCE = "COMMERCE"
    """The holder sells live, which asks for it whatever else is proven (R3)."""


class Bar(StrEnum):
    """Why an account may give none."""

    GUARDIAN_REQUIRED = "GUARDIAN_REQUIRED"
    """The holder is a child, whom only a parent or guardian registers (R15)."""
    CLOSED = "CLOSED"
    DETAILS_REQUIRED = "DETAILS_REQUIRED"
    """Nobody can be asked about a holder without name and birth date."""
    PHONE_FIRST = "PHONE_FIRST"
    """The holder has a Vietnamese mobile number: it is verified."""


class Outcome(StrEnum):
    """What came of giving a personal ID. The contract carries the same names."""

    CONFIRMED = "CONFIRMED"
    DECLARED = "DECLARED"
    """Well formed, and nobody is there to confirm it."""
    PENDING = "PENDING"
    NOT_CONFIRMED = "NOT_CONFIRMED"
    DETAILS_DIFFER = "DETAILS_DIFFER"
    DENIED = "DENIED"
    EXPIRED = "EXPIRED"
    FORGED = "FORGED"
    PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"
    TOO_MANY_ACCOUNTS = "TOO_MANY_ACCOUNTS"
    """The holder has as many accounts on this personal ID as one person may have here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Who somebody is. What was not told is None."""

    personal_id: str | None = field(repr=False)
    full_name: str | None = field(repr=False)
    birth_date: date | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of giving a personal ID, as it is answered."""

    outcome: Outcome
    account: AccountView
    retry_seconds: float = 0.0
    """When there may be news; 0 where waiting changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """Somebody confirmed a personal ID as that of an account's holder."""

    personal_id: str = field(repr=False)
    source: str
    """Such as `eid/vneid`."""
    level: str
    transaction_id: str
    verify_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Nothing is known yet. Who is asked next, about which transaction of theirs, and when."""

    provider: str = ""
    """Empty: whoever answers first."""
    transaction_id: str = ""
    pause: timedelta


def bar(facts: Facts, ground: Ground, now_ms: int) -> Bar | None:
    """Returns why an account may give no personal ID on this ground at `now_ms`, or None when it may."""
    if facts.life is not Life.OPEN:
        return Bar.CLOSED
    if facts.is_child(now_ms):
        return Bar.GUARDIAN_REQUIRED
    if not facts.complete:
        return Bar.DETAILS_REQUIRED
    # A number that is due for another proof may be lost: its holder then has none, and says so.
    phone_stands = EvidenceKind.PHONE in facts.evidence and facts.reverify_from_ms > now_ms
    return Bar.PHONE_FIRST if ground is Ground.NO_MOBILE and phone_stands else None


def agree(ours: Details, told: Details, least: NameMatch) -> bool:
    """Whether what somebody told is of the holder we know. What they did not repeat is taken as we asked it."""
    if told.personal_id not in {None, ours.personal_id} or told.birth_date not in {None, ours.birth_date}:
        return False
    return told.full_name is None or _alike(ours.full_name or "", told.full_name, least)


def tells_all(told: Details) -> bool:
    """Whether a person who was not asked about, but signed in, can be told from others by what is known of them."""
    if told.personal_id is None or told.full_name is None or told.birth_date is None:
        return False
    # As issued; who was born where is the provider's business (R39, R40).
    digits = told.personal_id
    return len(digits) == _DIGITS and digits.isascii() and digits.isdigit()


def pause_after(asked_for: timedelta, hint: timedelta) -> timedelta:
    """Returns how long to wait before asking again, `asked_for` after the first question; never less than `hint`."""
    return max(hint, min(asked_for / _PAUSE_SHARE, _LONGEST_PAUSE))


def _alike(one: str, other: str, least: NameMatch) -> bool:
    if names.fault(one) or names.fault(other):
        return False
    return names.compare(one, other).at_least(least)
