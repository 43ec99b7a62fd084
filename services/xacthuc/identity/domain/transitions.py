"""What can happen to an account, and what is known of it afterwards: the account as a state machine.

This is the specification. Adapters write what follows from a transition into rows; a test drives both alike and compares
what is known. States are not stored (see `account.py`): they are read off the facts, and a clock alone can change them.
Names are those of the events that tell of them (`adapters/events.py`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from xacthuc.identity.domain import numbers, personal_ids
from xacthuc.identity.domain.facts import FOREVER_MS, UNSUPERVISED, EvidenceKind, Facts, Life, Supervision

if TYPE_CHECKING:
    from collections.abc import Callable


class Transition(StrEnum):
    """What happened."""

    ACCOUNT_REGISTERED = "ACCOUNT_REGISTERED"
    ACCOUNT_CORRECTED = "ACCOUNT_CORRECTED"
    PHONE_VERIFIED = "PHONE_VERIFIED"
    NUMBER_CHANGED = "NUMBER_CHANGED"
    PERSONAL_ID_DECLARED = "PERSONAL_ID_DECLARED"
    PERSONAL_ID_VERIFIED = "PERSONAL_ID_VERIFIED"
    PERSONAL_ID_REFUSED = "PERSONAL_ID_REFUSED"
    REVERIFICATION_REQUIRED = "REVERIFICATION_REQUIRED"
    """Something proven stands no longer: somebody else proved it, it is out of use, or it was taken back."""
    GUARDIAN_LINKED = "GUARDIAN_LINKED"
    GUARDIAN_ENDED = "GUARDIAN_ENDED"
    SUPERVISION_CHANGED = "SUPERVISION_CHANGED"
    ACCOUNT_LOCKED = "ACCOUNT_LOCKED"
    ACCOUNT_UNLOCKED = "ACCOUNT_UNLOCKED"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    ERASURE_SCHEDULED = "ERASURE_SCHEDULED"
    ACCOUNT_ERASED = "ACCOUNT_ERASED"


class Given(NamedTuple):
    """What comes with a transition; each takes what concerns it."""

    child_until_ms: int = 0
    """Of ACCOUNT_REGISTERED and ACCOUNT_CORRECTED."""
    complete: bool = True
    """Likewise: whether name and birth date are known from now on."""
    reverify_from_ms: int = FOREVER_MS
    """Of PHONE_VERIFIED and NUMBER_CHANGED."""
    ground: personal_ids.Ground = personal_ids.Ground.COMMERCE
    """Of PERSONAL_ID_DECLARED."""
    asked: bool = False
    """Likewise: whether a provider is being asked."""
    lost: frozenset[EvidenceKind] = frozenset({EvidenceKind.PHONE})
    """Of REVERIFICATION_REQUIRED."""
    supervision: Supervision = UNSUPERVISED
    """Of GUARDIAN_LINKED and SUPERVISION_CHANGED."""
    locked_until_ms: int = FOREVER_MS
    """Of ACCOUNT_LOCKED."""
    lock_basis: str = ""
    """Likewise."""


class Impossible(StrEnum):
    """Why something cannot happen to an account as it is."""

    NOT_REGISTERED = "NOT_REGISTERED"
    ALREADY = "ALREADY"
    """It is so already, or there is nothing it could happen to."""
    ENDED = "ENDED"
    """The account is closed or erased, which is never undone."""
    CHILD = "CHILD"
    NOT_A_CHILD = "NOT_A_CHILD"
    DETAILS_REQUIRED = "DETAILS_REQUIRED"
    PHONE_FIRST = "PHONE_FIRST"
    RETAINED = "RETAINED"
    """The law orders some of it kept for a time first."""


After: TypeAlias = "Facts | Impossible"


def happen(transition: Transition, facts: Facts, given: Given, now_ms: int) -> After:
    """Returns what is known after `transition` at `now_ms`, or why it cannot happen. `facts` stay as they are."""
    if transition is Transition.ACCOUNT_REGISTERED:
        return Impossible.ALREADY if facts.registered else _registered(given)
    if not facts.registered:
        return Impossible.NOT_REGISTERED
    if ending := _ENDINGS.get(transition):
        return _ended(facts, ending)
    if facts.life is not Life.OPEN:
        return Impossible.ENDED
    return _WHILE_OPEN[transition](facts, given, now_ms)


def _registered(given: Given) -> Facts:
    return Facts(registered=True, child_until_ms=given.child_until_ms, complete=given.complete)


def _ended(facts: Facts, ending: Life) -> After:
    if _LIVES.index(ending) <= _LIVES.index(facts.life):
        return Impossible.ALREADY
    if ending is Life.ERASED and facts.life is not Life.ERASURE_SCHEDULED:
        return Impossible.RETAINED
    # Its key is destroyed with an erasure: nothing is known any more but that there was an account.
    return facts._replace(life=ending) if ending is Life.CLOSED else Facts(registered=True, life=ending)


def _corrected(facts: Facts, given: Given, now_ms: int) -> After:
    known = facts._replace(child_until_ms=given.child_until_ms, complete=given.complete)
    lost = known.evidence & _IN_DOUBT
    if not lost or not known.is_child(now_ms):
        return known
    # Nobody answers for others as a child, or stands on what says nothing of a guardian (R24).
    return _loses(known, lost)._replace(lapsed=True, asked=False, reverify_from_ms=FOREVER_MS)


def _phone_verified(facts: Facts, given: Given, now_ms: int) -> After:
    if refusal := numbers.bar(facts, now_ms):
        return _OF_NUMBERS[refusal]
    return _gains(facts, EvidenceKind.PHONE)._replace(reverify_from_ms=given.reverify_from_ms)


def _number_changed(facts: Facts, given: Given, now_ms: int) -> After:
    return _phone_verified(facts, given, now_ms) if EvidenceKind.PHONE in facts.evidence else Impossible.ALREADY


def _personal_id_declared(facts: Facts, given: Given, now_ms: int) -> After:
    if bar := personal_ids.bar(facts, given.ground, now_ms):
        return _OF_PERSONAL_IDS[bar]
    return _gains(facts, EvidenceKind.PERSONAL_ID_DECLARED)._replace(asked=given.asked)


def _personal_id_verified(facts: Facts, _given: Given, now_ms: int) -> After:
    if bar := personal_ids.bar(facts, personal_ids.Ground.COMMERCE, now_ms):
        return _OF_PERSONAL_IDS[bar]
    known = _loses(facts, {EvidenceKind.PERSONAL_ID_DECLARED})
    return _gains(known, EvidenceKind.PERSONAL_ID)._replace(asked=False)


def _personal_id_refused(facts: Facts, _given: Given, _now_ms: int) -> After:
    if EvidenceKind.PERSONAL_ID_DECLARED not in facts.evidence:
        return Impossible.ALREADY
    return _loses(facts, {EvidenceKind.PERSONAL_ID_DECLARED})._replace(asked=False)


def _reverification_required(facts: Facts, given: Given, _now_ms: int) -> After:
    lost = given.lost & facts.evidence & _IN_DOUBT
    if not lost:
        return Impossible.ALREADY
    reverify_from_ms = FOREVER_MS if EvidenceKind.PHONE in lost else facts.reverify_from_ms
    asked = facts.asked and EvidenceKind.PERSONAL_ID_DECLARED not in lost
    return _loses(facts, lost)._replace(lapsed=True, asked=asked, reverify_from_ms=reverify_from_ms)


def _guardian_linked(facts: Facts, given: Given, now_ms: int) -> After:
    if not facts.is_child(now_ms):
        return Impossible.NOT_A_CHILD
    if EvidenceKind.GUARDIAN in facts.evidence:
        return Impossible.ALREADY
    return _gains(facts, EvidenceKind.GUARDIAN)._replace(supervision=given.supervision)


def _guardian_ended(facts: Facts, _given: Given, _now_ms: int) -> After:
    if EvidenceKind.GUARDIAN not in facts.evidence:
        return Impossible.ALREADY
    return _loses(facts, {EvidenceKind.GUARDIAN})._replace(supervision=facts.supervision._replace(guarded_until_ms=0))


def _supervision_changed(facts: Facts, given: Given, _now_ms: int) -> After:
    answered = EvidenceKind.GUARDIAN in facts.evidence
    return facts._replace(supervision=given.supervision) if answered else Impossible.ALREADY


def _locked(facts: Facts, given: Given, _now_ms: int) -> After:
    if facts.locked_until_ms > given.locked_until_ms:
        return facts
    return facts._replace(locked_until_ms=given.locked_until_ms, lock_basis=given.lock_basis)


def _unlocked(facts: Facts, _given: Given, now_ms: int) -> After:
    return facts._replace(locked_until_ms=0, lock_basis="") if facts.locked_until_ms > now_ms else Impossible.ALREADY


def _gains(facts: Facts, kind: EvidenceKind) -> Facts:
    return facts._replace(evidence=facts.evidence | {kind})


def _loses(facts: Facts, kinds: frozenset[EvidenceKind] | set[EvidenceKind]) -> Facts:
    return facts._replace(evidence=facts.evidence - kinds)


_LIVES: Final = tuple(Life)
_IN_DOUBT: Final = frozenset({EvidenceKind.PHONE, EvidenceKind.PERSONAL_ID, EvidenceKind.PERSONAL_ID_DECLARED})
"""What others can prove in turn, or that can lapse; a guardian's link ends by a transition of its own."""

_OF_NUMBERS: Final = {
    numbers.NumberRefusal.CLOSED: Impossible.ENDED,
    numbers.NumberRefusal.DETAILS_REQUIRED: Impossible.DETAILS_REQUIRED,
    numbers.NumberRefusal.GUARDIAN_REQUIRED: Impossible.CHILD,
}
_OF_PERSONAL_IDS: Final = {
    personal_ids.Bar.CLOSED: Impossible.ENDED,
    personal_ids.Bar.DETAILS_REQUIRED: Impossible.DETAILS_REQUIRED,
    personal_ids.Bar.GUARDIAN_REQUIRED: Impossible.CHILD,
    personal_ids.Bar.PHONE_FIRST: Impossible.PHONE_FIRST,
}

_ENDINGS: Final = {
    Transition.ACCOUNT_CLOSED: Life.CLOSED,
    Transition.ERASURE_SCHEDULED: Life.ERASURE_SCHEDULED,
    Transition.ACCOUNT_ERASED: Life.ERASED,
}
_WHILE_OPEN: Final[dict[Transition, Callable[[Facts, Given, int], After]]] = {
    Transition.ACCOUNT_CORRECTED: _corrected,
    Transition.PHONE_VERIFIED: _phone_verified,
    Transition.NUMBER_CHANGED: _number_changed,
    Transition.PERSONAL_ID_DECLARED: _personal_id_declared,
    Transition.PERSONAL_ID_VERIFIED: _personal_id_verified,
    Transition.PERSONAL_ID_REFUSED: _personal_id_refused,
    Transition.REVERIFICATION_REQUIRED: _reverification_required,
    Transition.GUARDIAN_LINKED: _guardian_linked,
    Transition.GUARDIAN_ENDED: _guardian_ended,
    Transition.SUPERVISION_CHANGED: _supervision_changed,
    Transition.ACCOUNT_LOCKED: _locked,
    Transition.ACCOUNT_UNLOCKED: _unlocked,
}
