"""What calls of OtpService return."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.client.enums import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.client.enums import (
        ChallengeState,
        Channel,
        DeliveryState,
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
