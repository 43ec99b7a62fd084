"""What calls return: small frozen values. Instants are aware UTC datetimes, spans are timedeltas, absent is None.

No `repr` shows an account, a number or a token, so that a result may stand in a log line. A result that can be a "no"
is false when it is one: `if check_action(...)` must not publish what was refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.client.enums import AccountState, NextStepKind, Verdict

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from xacthuc.client.enums import (
        ChallengeState,
        Channel,
        DecisionReason,
        DeliveryState,
        EvidenceKind,
        Purpose,
        Refusal,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What is known of a challenge's last message. Absence of a receipt is not failure."""

    state: DeliveryState
    queue_time: datetime | None
    send_time: datetime | None
    deliver_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One attempt of a person to prove possession of one Vietnamese mobile number."""

    name: str
    """`challenges/{id}`; says nothing about the number."""

    masked_phone_number: str = field(repr=False)
    """Fit for the person's own screen: `+84 91 *** **78`."""

    purpose: Purpose
    subject: str = field(repr=False)
    """`accounts/{account}` or `links/{link}`."""

    state: ChallengeState
    channel: Channel | None
    available_channels: tuple[Channel, ...]
    """Channels a resend may use now, best first."""

    create_time: datetime
    expire_time: datetime
    """From this instant on no code is accepted."""

    next_send_time: datetime | None
    """The earliest time of the next resend, for a countdown. None when no resend is left."""

    next_check_time: datetime | None
    """The earliest time of the next check. None when none is left."""

    remaining_checks: int
    remaining_sends: int
    delivery: Delivery | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What became of one checked code; true only when it was accepted."""

    verdict: Verdict
    proof_token: str = field(repr=False)
    """Proof of possession, good once, for ten minutes; for `verify_phone`. Empty unless VERIFIED."""

    remaining_checks: int
    """Wrong codes that may still be given."""

    challenge: Challenge

    @property
    def verified(self) -> bool:
        """Whether the code was right and accepted."""
        return self.verdict is Verdict.VERIFIED

    def __bool__(self) -> bool:
        return self.verified


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberInfo:
    """What the numbering plan says of a number, and not whether anyone uses it; true when a code can be sent to it."""

    e164: str = field(repr=False)
    """Empty when it is refused."""

    accepted: bool
    refusal: Refusal | None
    explanation: str
    """One sentence for the person. Empty when the number is accepted."""

    confirmed_range: bool
    converted: bool
    """Whether an eleven-digit number of before 15 September 2018 was converted."""

    def __bool__(self) -> bool:
        return self.accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The holder's own agreement to the processing of the data given (Decree 356/2025). Never pre-ticked."""

    text_version: str
    """Version of the text that was shown."""

    accept_time: datetime
    """When the person agreed; aware."""

    affirmed: bool
    """That the person acted and nothing was pre-selected. No default: a program must not say it for the person."""

    def __post_init__(self) -> None:
        if self.accept_time.tzinfo is None:
            raise ValueError("accept_time has no time zone; give it one, such as datetime.now(UTC)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that is proven of an account."""

    kind: EvidenceKind
    verify_time: datetime
    source: str
    """Who proved it, such as `otp/sms` or `eid/vneid`."""

    level: str = ""
    """How sure the source of a PERSONAL_ID is, in its own words; empty for the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Forbids an account to write."""

    basis: str
    create_time: datetime
    expire_time: datetime | None
    """None: until it is lifted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What the person should do next, with a sentence to show."""

    kind: NextStepKind
    text_vi: str
    text_en: str

    @property
    def needed(self) -> bool:
        """Whether there is anything to do."""
        return self.kind is not NextStepKind.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as the law on account authentication sees it, without its holder's name and birth date."""

    name: str = field(repr=False)
    """`accounts/{account}`."""

    state: AccountState
    evidence: tuple[Evidence, ...]
    """What is proven, oldest first."""

    is_child: bool
    """Whether the holder is under 16 today, in Vietnam's time."""

    next_step: NextStep
    create_time: datetime
    update_time: datetime
    masked_phone_number: str = field(repr=False)
    """Empty without PHONE evidence."""

    masked_personal_id: str = field(default="", repr=False)
    """Its last four digits; empty where none was given."""

    lock: Lock | None = None
    transition_end_time: datetime | None = None
    """Until when a grace of the law lets it go on unverified."""

    purge_time: datetime | None = None
    """When what is kept of it is destroyed, once that clock is running."""

    @property
    def verified(self) -> bool:
        """Whether it is authenticated. What it may do is `check_action`'s to say."""
        return self.state is AccountState.VERIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether an account may do something now, why, and what to do about it; true only when it may."""

    allowed: bool
    reason: DecisionReason
    next_step: NextStep
    legal_basis: str
    """The article that decides."""

    policy_version: str
    cache_ttl: timedelta
    """How long this answer may be reused, 0 to 60 s."""

    def __bool__(self) -> bool:
        return self.allowed
