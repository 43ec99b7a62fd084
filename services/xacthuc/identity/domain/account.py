"""An account as the law on account authentication sees it. Its state is derived from evidence, never stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from xacthuc.policy import NextStep

if TYPE_CHECKING:
    from datetime import datetime


class EvidenceKind(StrEnum):
    """What can be proven of an account. The contract carries the same names."""

    PHONE = "PHONE"
    """Possession of a Vietnamese mobile number."""
    PERSONAL_ID_DECLARED = "PERSONAL_ID_DECLARED"
    """A well-formed personal ID number, confirmed by nobody."""
    PERSONAL_ID = "PERSONAL_ID"
    """A personal ID number that an electronic-identification provider confirmed."""
    GUARDIAN = "GUARDIAN"
    """A parent or guardian registered and supervises the account."""


class State(StrEnum):
    """Where an account stands. The contract carries the same names."""

    UNVERIFIED = "UNVERIFIED"
    PENDING_GUARDIAN = "PENDING_GUARDIAN"
    PENDING_PERSONAL_ID = "PENDING_PERSONAL_ID"
    VERIFIED = "VERIFIED"
    REVERIFICATION_REQUIRED = "REVERIFICATION_REQUIRED"


class Facts(NamedTuple):
    """What decisions are made from: small, free of anything personal, and cached."""

    registered: bool
    evidence: frozenset[EvidenceKind]
    """What is proven and stands."""
    lapsed: bool
    """Whether something was proven once and stands no longer."""
    child_until_ms: int
    """When the holder turns 16, in milliseconds since the Unix epoch; 0 for who was 16 at registration."""

    def is_child(self, now_ms: int) -> bool:
        """Whether a parent or guardian must answer for the account at `now_ms` (R15)."""
        return self.child_until_ms > now_ms

    def is_authenticated(self, now_ms: int) -> bool:
        """Whether the account is authenticated at `now_ms`.

        A child's account by its guardian alone, anybody else's by their own number or personal ID: a number says
        nothing about age (R24), and a guardian answers until the 16th birthday (R22).
        """
        if self.child_until_ms > now_ms:
            return EvidenceKind.GUARDIAN in self.evidence
        return EvidenceKind.PHONE in self.evidence or EvidenceKind.PERSONAL_ID in self.evidence


NOT_REGISTERED = Facts(registered=False, evidence=frozenset(), lapsed=False, child_until_ms=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that is proven."""

    kind: EvidenceKind
    verify_time: datetime
    source: str
    """Who proved it, such as `otp/sms`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account with what stands proven of it, oldest first."""

    account_id: str = field(repr=False)
    child_until: datetime | None = field(repr=False)
    evidence: tuple[Evidence, ...]
    lapsed: bool
    masked_number: str = field(default="", repr=False)
    """Of the PHONE evidence, as a screen may show it."""
    create_time: datetime
    update_time: datetime

    @property
    def facts(self) -> Facts:
        """What decisions about it are made from."""
        return Facts(
            registered=True,
            evidence=frozenset(proven.kind for proven in self.evidence),
            lapsed=self.lapsed,
            child_until_ms=0 if self.child_until is None else round(self.child_until.timestamp() * 1000),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An account as it is answered: with the state of that moment, and nothing that names its holder."""

    account_id: str = field(repr=False)
    state: State
    evidence: tuple[Evidence, ...]
    is_child: bool
    next_step: NextStep
    masked_number: str = field(repr=False)
    create_time: datetime
    update_time: datetime


_NEXT_STEPS = {
    State.UNVERIFIED: NextStep.VERIFY_PHONE,
    State.PENDING_GUARDIAN: NextStep.LINK_GUARDIAN,
    State.PENDING_PERSONAL_ID: NextStep.VERIFY_PERSONAL_ID,
    State.VERIFIED: NextStep.NONE,
    State.REVERIFICATION_REQUIRED: NextStep.VERIFY_PHONE,
}


def view(account: Account, now: datetime) -> AccountView:
    """Returns `account` as it is answered at `now`."""
    facts, now_ms = account.facts, int(now.timestamp() * 1000)
    state = state_of(facts, now_ms)
    return AccountView(
        account_id=account.account_id,
        state=state,
        evidence=account.evidence,
        is_child=facts.is_child(now_ms),
        next_step=_NEXT_STEPS[state],
        masked_number=account.masked_number,
        create_time=account.create_time,
        update_time=account.update_time,
    )


def state_of(facts: Facts, now_ms: int) -> State:
    """Returns where a registered account stands at `now_ms`."""
    if facts.is_authenticated(now_ms):
        return State.VERIFIED
    if facts.is_child(now_ms):
        return State.PENDING_GUARDIAN
    if EvidenceKind.PERSONAL_ID_DECLARED in facts.evidence:
        return State.PENDING_PERSONAL_ID
    return State.REVERIFICATION_REQUIRED if facts.lapsed else State.UNVERIFIED
