"""How an account is locked, corrected, closed and erased: what bars it, and what follows (R42, R46, R49)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from xacthuc.identity.domain.facts import EvidenceKind, Life
from xacthuc.identity.domain.guardianship import Relation, is_of_age
from xacthuc.identity.domain.registration import Person
from xacthuc.names import NameMatch, compare
from xacthuc.policy.dates import months_after

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.identity.domain.account import Account
    from xacthuc.identity.domain.facts import Facts
    from xacthuc.policy import Policy


OF_PERSONAL_ID: Final = frozenset({EvidenceKind.PERSONAL_ID, EvidenceKind.PERSONAL_ID_DECLARED})


class Bar(StrEnum):
    """Why a change is not made."""

    ENDED = "ENDED"
    """The account is closed."""
    NOT_LOCKED = "NOT_LOCKED"
    TWO_PEOPLE = "TWO_PEOPLE"
    """What locks it was granted by two people, and so is what unlocks it."""
    NO_VIOLATION = "NO_VIOLATION"
    """None with this id stands."""
    ERASED = "ERASED"


def bar_to_changes(facts: Facts) -> Bar | None:
    """Returns why nothing of an account may change any more; None while it may."""
    if facts.life is Life.OPEN:
        return None
    return Bar.ENDED if facts.life is Life.CLOSED else Bar.ERASED


def bar_to_unlocking(facts: Facts, now_ms: int) -> Bar | None:
    """Returns why there is nothing to unlock; None when there is."""
    return bar_to_changes(facts) or (None if facts.locked_until_ms > now_ms else Bar.NOT_LOCKED)


def purge_time(ended: datetime, policy: Policy) -> datetime:
    """Returns when what is kept of an account that ended at `ended` is destroyed (R49)."""
    return months_after(ended, policy.retention.account_data_months)


def purge_time_at_end(account: Account, ended: datetime, policy: Policy) -> datetime:
    """Returns when what is kept of `account` is destroyed if it ends at `ended`, or has ended before.

    A clock that runs already is not set back by ending: of a child that no guardian took up nothing is kept longer (R15).
    Where something was proven since, that clock no longer counts, as whoever purges would find.
    """
    statutory, facts = purge_time(ended, policy), account.facts
    if account.purge_time is None or (facts.life is Life.OPEN and (facts.evidence or facts.lapsed)):
        return statutory
    return min(account.purge_time, statutory)


@dataclass(frozen=True, slots=True)
class Correction:
    """What is kept of a holder from now on."""

    person: Person
    child_until: datetime | None = field(repr=False)
    lapses: frozenset[EvidenceKind]
    """What cannot be this person's: a personal ID of another one, and of a child its number too, which proves nothing of
    who answers for it (R24) and must not let it answer for others."""
    purge_time: datetime | None
    """When it is dropped unless a guardian takes it up, if nothing had set that time before; None for who needs none."""
    of_age: bool
    """Whether the holder is old enough to answer for children (R17), as far as the birth date is known."""


def corrected(known: Person, right: Person, facts: Facts, policy: Policy, now: datetime) -> Correction:
    """Decides what becomes of `known`; what is empty or None in `right` stays as it is.

    Of a child that waits for a guardian nothing but the birth date is kept (R15).
    """
    born = right.birth_date or known.birth_date
    child = born is not None and policy.is_child(born, now)
    waits = child and EvidenceKind.GUARDIAN not in facts.evidence
    person = Person("" if waits else right.full_name or known.full_name, born)
    lapses = set(OF_PERSONAL_ID) if _contradicts(known, person, policy) else set()
    if child:
        lapses.add(EvidenceKind.PHONE)
    untaken = waits and not facts.evidence and not facts.lapsed
    return Correction(
        person,
        policy.independent_from(born) if child and born is not None else None,
        frozenset(lapses),
        now + timedelta(days=policy.retention.pending_days) if untaken else None,
        is_of_age(Relation.GUARDIAN_NATURAL, born, policy, now),
    )


def _contradicts(before: Person, after: Person, policy: Policy) -> bool:
    if before.birth_date != after.birth_date:
        return True
    if not (before.full_name and after.full_name):
        return False
    return not compare(before.full_name, after.full_name).at_least(NameMatch(policy.personal_id.name_match))
