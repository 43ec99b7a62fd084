"""An account as the law on account authentication sees it. Its state is derived from facts, never stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from xacthuc.identity.domain.facts import EvidenceKind, Life
from xacthuc.policy import NextStep

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.identity.domain.facts import Facts


class Kind(StrEnum):
    """Whose record it is."""

    PERSON = "PERSON"
    """An account of the platform."""
    GUARDIAN = "GUARDIAN"
    """A guardian who has no account there and answers for a child by phone."""


class ConsentKind(StrEnum):
    """What somebody agreed to or confirmed. The contract carries the same names."""

    REGISTRATION = "REGISTRATION"
    """The processing of what registration asks for (Decree 356/2025)."""
    NO_MOBILE = "NO_MOBILE"
    """Having no Vietnamese mobile number, which opens the way by personal ID (R2)."""


class State(StrEnum):
    """Where an account stands. The contract carries the same names."""

    UNVERIFIED = "UNVERIFIED"
    PENDING_GUARDIAN = "PENDING_GUARDIAN"
    PENDING_PERSONAL_ID = "PENDING_PERSONAL_ID"
    VERIFIED = "VERIFIED"
    REVERIFICATION_REQUIRED = "REVERIFICATION_REQUIRED"
    LOCKED = "LOCKED"
    CLOSED = "CLOSED"
    ERASURE_SCHEDULED = "ERASURE_SCHEDULED"
    ERASED = "ERASED"
    UNREADABLE = "UNREADABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that is proven."""

    kind: EvidenceKind
    verify_time: datetime
    source: str
    """Who proved it, such as `otp/sms`."""
    level: str = ""
    """How sure the source of a PERSONAL_ID is, in its own words (R41)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Writing is forbidden by order or by the counters of the law."""

    basis: str
    create_time: datetime
    expire_time: datetime | None
    """None: until it is lifted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account with what stands proven of it, oldest first."""

    account_id: str = field(repr=False)
    facts: Facts
    evidence: tuple[Evidence, ...]
    masked_number: str = field(default="", repr=False)
    """Of the PHONE evidence, as a screen may show it."""
    masked_personal_id: str = field(default="", repr=False)
    lock: Lock | None = None
    """The one that holds longest."""
    transition_until: datetime | None = None
    purge_time: datetime | None = None
    """When what is kept of it is destroyed; None while nothing has set that clock going."""
    held: bool = False
    """Whether a legal hold keeps an account that ended, whatever its clock says."""
    create_time: datetime
    update_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An account as it is answered: with the state of that moment, and nothing that names its holder."""

    account_id: str = field(repr=False)
    state: State
    evidence: tuple[Evidence, ...]
    is_child: bool
    next_step: NextStep
    masked_number: str = field(repr=False)
    masked_personal_id: str = field(repr=False)
    lock: Lock | None
    transition_until: datetime | None
    purge_time: datetime | None
    held: bool
    create_time: datetime
    update_time: datetime


def view(account: Account, now: datetime) -> AccountView:
    """Returns `account` as it is answered at `now`."""
    facts, now_ms = account.facts, int(now.timestamp() * 1000)
    state = state_of(facts, now_ms)
    lock = account.lock
    return AccountView(
        account_id=account.account_id,
        state=state,
        evidence=account.evidence,
        is_child=facts.is_child(now_ms),
        next_step=_next_step(state, facts),
        masked_number=account.masked_number,
        masked_personal_id=account.masked_personal_id,
        lock=lock if lock is not None and (lock.expire_time is None or lock.expire_time > now) else None,
        transition_until=account.transition_until,
        purge_time=account.purge_time,
        held=account.held,
        create_time=account.create_time,
        update_time=account.update_time,
    )


def state_of(facts: Facts, now_ms: int) -> State:
    """Returns where a registered account stands at `now_ms`."""
    if facts.life is not Life.OPEN:
        return _ENDED[facts.life]
    if facts.locked_until_ms > now_ms:
        return State.LOCKED
    if not facts.readable:
        return State.UNREADABLE
    if facts.is_child(now_ms):
        return State.VERIFIED if facts.is_authenticated(now_ms) else State.PENDING_GUARDIAN
    if facts.complete and facts.is_authenticated(now_ms):
        return State.VERIFIED
    return _unproven(facts, now_ms)


def _unproven(facts: Facts, now_ms: int) -> State:
    if not facts.complete:
        return State.UNVERIFIED
    if EvidenceKind.PERSONAL_ID_DECLARED in facts.evidence:
        return State.PENDING_PERSONAL_ID
    return State.REVERIFICATION_REQUIRED if needs_reverification(facts, now_ms) else State.UNVERIFIED


def needs_reverification(facts: Facts, now_ms: int) -> bool:
    """Whether something that was proven once has to be proven again."""
    return facts.lapsed or (EvidenceKind.PHONE in facts.evidence and facts.reverify_from_ms <= now_ms)


_ENDED: Final = {
    Life.CLOSED: State.CLOSED,
    Life.ERASURE_SCHEDULED: State.ERASURE_SCHEDULED,
    Life.ERASED: State.ERASED,
}

_NEXT_STEPS: Final = {
    State.UNVERIFIED: NextStep.VERIFY_PHONE,
    State.PENDING_GUARDIAN: NextStep.LINK_GUARDIAN,
    State.PENDING_PERSONAL_ID: NextStep.VERIFY_PERSONAL_ID,
    State.VERIFIED: NextStep.NONE,
    State.REVERIFICATION_REQUIRED: NextStep.VERIFY_PHONE,
    State.LOCKED: NextStep.CONTACT_PLATFORM,
    State.CLOSED: NextStep.CONTACT_PLATFORM,
    State.ERASURE_SCHEDULED: NextStep.CONTACT_PLATFORM,
    State.ERASED: NextStep.CONTACT_PLATFORM,
    State.UNREADABLE: NextStep.CONTACT_PLATFORM,
}


def _next_step(state: State, facts: Facts) -> NextStep:
    if state is State.UNVERIFIED and not facts.complete:
        return NextStep.COMPLETE_DETAILS
    if state is State.PENDING_PERSONAL_ID and facts.asked:
        return NextStep.WAIT
    return _NEXT_STEPS[state]
