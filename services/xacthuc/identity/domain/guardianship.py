"""Who may answer for a child, beyond what the contract's own rules check (R15 to R18)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from xacthuc.identity.domain.facts import EvidenceKind, Life
from xacthuc.policy import local_date

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from xacthuc.identity.domain.facts import Facts, Supervision
    from xacthuc.policy import Policy


class Relation(StrEnum):
    """What a guardian is to the child (Civil Code Art. 46 to 54, 136). The contract carries the same names."""

    FATHER = "FATHER"
    MOTHER = "MOTHER"
    GUARDIAN_NATURAL = "GUARDIAN_NATURAL"
    GUARDIAN_APPOINTED = "GUARDIAN_APPOINTED"
    GUARDIAN_COURT = "GUARDIAN_COURT"
    GUARDIAN_LEGAL_PERSON = "GUARDIAN_LEGAL_PERSON"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardian:
    """Somebody who answers for a child."""

    link: str
    account_id: str = field(repr=False)
    relation: Relation
    start_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardianship:
    """Who answers for a child and what is allowed, at one version."""

    guardians: tuple[Guardian, ...]
    supervision: Supervision
    """Its `guarded_until_ms` is 0: that depends on what the guardians have proven, not on what was said of them."""
    version: int


class Unfit(StrEnum):
    """Why somebody cannot answer for a child."""

    SELF = "SELF"
    UNKNOWN = "UNKNOWN"
    CLOSED = "CLOSED"
    CHILD = "CHILD"
    """Below the age of a guardian, which is 18 and not 16 (R17)."""
    NOT_VERIFIED = "NOT_VERIFIED"
    NOT_ASSURED = "NOT_ASSURED"
    """Less is proven than the policy asks of a guardian."""
    LOCKED = "LOCKED"
    TOO_MANY_CHILDREN = "TOO_MANY_CHILDREN"
    OTHER_PERSON = "OTHER_PERSON"
    """The account is registered for somebody else than who confirms."""
    OTHER_NUMBER = "OTHER_NUMBER"
    """The account does not stand on the number that was proven."""


class WardRefusal(StrEnum):
    """Why nobody comes to answer for an account."""

    NOT_FOUND = "NOT_FOUND"
    CLOSED = "CLOSED"
    NOT_A_CHILD = "NOT_A_CHILD"


class GuardianRefusal(NamedTuple):
    """Who cannot answer for the child, and why."""

    link: str
    cause: Unfit


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of somebody who is to answer for a child from now on."""

    facts: Facts
    birth_date: date | None = field(repr=False)
    """None when it is not known."""
    children: int
    """For how many others the same account answers already."""


def refusal(
    child: Facts, new: Mapping[str, Candidate], *, child_id: str, wanted: Guardianship, policy: Policy, now: datetime
) -> WardRefusal | GuardianRefusal | None:
    """Returns why `wanted` cannot be, or None. `new` are the accounts in it that do not answer for the child yet.

    Who answers already is not judged again. What such a guardian lost closes the child's gate by itself, and must not
    keep a suspension from arriving; and what ends is never refused.
    """
    now_ms = int(now.timestamp() * 1000)
    if not child.registered:
        return WardRefusal.NOT_FOUND
    if new and child.life is not Life.OPEN:
        return WardRefusal.CLOSED
    if new and not child.is_child(now_ms):
        return WardRefusal.NOT_A_CHILD
    for guardian in wanted.guardians:
        candidate = new.get(guardian.account_id)
        if candidate is not None and (cause := unfit(guardian, candidate, child_id, policy, now)):
            return GuardianRefusal(guardian.link, cause)
    return None


@dataclass(frozen=True, slots=True)
class Ending:
    """What follows when nobody answers for somebody any more."""

    came_of_age: bool
    """Whether the holder answers alone by now, so that nothing was withdrawn."""
    purge_time: datetime | None
    """When the account is destroyed unless somebody answers again; None for who answers alone (R21)."""
    grace_until: datetime | None
    """Until when the holder goes on without a proof of their own; None for not at all (R22)."""


def ending(child: Facts, purge_time: datetime, policy: Policy, now: datetime) -> Ending:
    """Decides what follows for `child`, at the latest at `purge_time`.

    A grace is for whom somebody answered up to that birthday and had not suspended: it never opens what was shut. Who
    turned out to be older by a correction never was a child.
    """
    if child.is_child(int(now.timestamp() * 1000)):
        return Ending(came_of_age=False, purge_time=purge_time, grace_until=None)
    days, birthday_ms = policy.guardianship.independence_grace_days, child.child_until_ms
    answered = EvidenceKind.GUARDIAN in child.evidence and child.supervision.guarded_until_ms > birthday_ms > 0
    if not days or not answered or child.supervision.suspended:
        return Ending(came_of_age=True, purge_time=None, grace_until=None)
    birthday = datetime.fromtimestamp(birthday_ms / 1000, UTC)
    return Ending(came_of_age=True, purge_time=None, grace_until=birthday + timedelta(days=days))


def unfit(guardian: Guardian, candidate: Candidate, child_id: str, policy: Policy, now: datetime) -> Unfit | None:
    """Returns why somebody cannot come to answer for a child, or None."""
    facts, now_ms = candidate.facts, int(now.timestamp() * 1000)
    if guardian.account_id == child_id:
        return Unfit.SELF
    if not facts.registered:
        return Unfit.UNKNOWN
    if facts.life is not Life.OPEN:
        return Unfit.CLOSED
    if facts.is_child(now_ms) or not is_of_age(guardian.relation, candidate.birth_date, policy, now):
        return Unfit.CHILD
    return _unproven(facts, now_ms, policy) or (
        Unfit.TOO_MANY_CHILDREN if candidate.children >= policy.accounts_per_number.minors else None
    )


def is_of_age(relation: Relation, birth_date: date | None, policy: Policy, now: datetime) -> bool:
    """Whether somebody is old enough to answer for a child, as far as the birth date is known; an institution always is."""
    if relation is Relation.GUARDIAN_LEGAL_PERSON or birth_date is None:
        return True
    return policy.age_on(birth_date, local_date(now)) >= policy.ages.guardian_at_least


def _unproven(facts: Facts, now_ms: int, policy: Policy) -> Unfit | None:
    rules = policy.guardianship
    if not facts.complete or not facts.is_authenticated(now_ms):
        return Unfit.NOT_VERIFIED
    if rules.asks_personal_id and EvidenceKind.PERSONAL_ID not in facts.evidence:
        return Unfit.NOT_ASSURED
    return Unfit.LOCKED if facts.locked_until_ms > now_ms and not rules.locked_answers else None
