"""What the guardian service may know of a holder, and what a guardian must not have in common with the child (R15 to R18)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from xacthuc.identity.domain.account import State, state_of
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.policy import local_date

if TYPE_CHECKING:
    from datetime import date, datetime

    from xacthuc.identity.domain.facts import Facts
    from xacthuc.identity.domain.guardianship import Candidate
    from xacthuc.policy import Policy


class AgeBand(StrEnum):
    """How old somebody is, as far as a law asks. The contract carries the same names."""

    BELOW_ASSENT = "BELOW_ASSENT"
    BELOW_INDEPENDENCE = "BELOW_INDEPENDENCE"
    BELOW_CAPACITY = "BELOW_CAPACITY"
    ADULT = "ADULT"


class Assurance(StrEnum):
    """What is proven of who somebody is. The contract carries the same names."""

    PHONE = "PHONE"
    PERSONAL_ID = "PERSONAL_ID"


class Coincidence(StrEnum):
    """What a child and its guardian were both proven to have used. The contract carries the same names."""

    NUMBER = "NUMBER"
    PERSONAL_ID = "PERSONAL_ID"
    DEVICE = "DEVICE"


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody as the guardian service sees them: neither name nor date nor number."""

    account_id: str = field(repr=False)
    state: State
    age_band: AgeBand | None
    """None where the birth date is not known."""
    assurance: Assurance | None


@dataclass(frozen=True, slots=True)
class Match:
    """A child beside somebody who is to answer for it."""

    child: Facts
    guardian: Candidate
    coincidences: frozenset[Coincidence]


def holder(account_id: str, facts: Facts, birth_date: date | None, policy: Policy, now: datetime) -> Holder:
    """Returns what may be known of an account elsewhere."""
    return Holder(
        account_id,
        state_of(facts, int(now.timestamp() * 1000)),
        None if birth_date is None else age_band(birth_date, policy, now),
        assurance_of(facts, int(now.timestamp() * 1000)),
    )


def age_band(birth_date: date, policy: Policy, now: datetime) -> AgeBand:
    """Returns how old somebody is on this day in Vietnam."""
    age, ages = policy.age_on(birth_date, local_date(now)), policy.ages
    if age < min(ages.assent_from, ages.guardian_below):
        return AgeBand.BELOW_ASSENT
    if age < ages.guardian_below:
        return AgeBand.BELOW_INDEPENDENCE
    return AgeBand.BELOW_CAPACITY if age < ages.guardian_at_least else AgeBand.ADULT


def assurance_of(facts: Facts, now_ms: int) -> Assurance | None:
    """Returns the most that is proven of who holds an account; of a child nothing is, by itself."""
    if not facts.complete or facts.is_child(now_ms) or not facts.is_authenticated(now_ms):
        return None
    return Assurance.PERSONAL_ID if EvidenceKind.PERSONAL_ID in facts.evidence else Assurance.PHONE
