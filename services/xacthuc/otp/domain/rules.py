"""The numbers a challenge lives by, in the unit of the store's scripts. They come from the policy file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from xacthuc.ratelimit.gcra import DAY_HOURS, HOUR_MS, Rule

if TYPE_CHECKING:
    from xacthuc.policy.sending import Otp

DAY_MS = DAY_HOURS * HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Limits of one challenge and of one number on one platform. Spans are milliseconds."""

    ttl_ms: int
    """Life of a code after each send."""
    ceiling_ms: int
    """Life after the first send at the most, resends or not."""
    send_gaps_ms: tuple[int, ...]
    """Waits before the second, third and fourth send; their count is the number of resends."""
    wrong_per_challenge: int
    number: Rule
    """One pool of one number: sends, and wrong codes in any 24 hours over all its challenges."""
    strangers: Rule
    """All pools of one number together, but those of known devices."""
    proof_ttl_ms: int
    bar_ms: int
    """How long a starter is barred from a number whose holder reported an unrequested code."""
    stop_ms: int
    """How long a number receives nothing after `reports_to_stop` reports."""
    reports_to_stop: int
    ipv6_block_bits: int
    """What one line holds of IPv6, in bits of its prefix."""
    other_channels_from_send: int
    """The send, from 1, that may use another channel than the first."""
    keep_ms: int
    """How long a challenge is kept after its start: as long as request ids are remembered, and an hour."""
    reports_per_day: int = 5
    """Reports per number and reporter that are looked at in any 24 hours."""
    reports_per_number: int = 25
    """The same of all reporters. Each is a guess at the codes of at most five challenges, so strangers cancel one with
    a chance of 125 in a million a day."""
    network_questions: int = 10
    """How often an operator is asked about one challenge: a refused token is no attempt, and retries are few. Twice the
    wrong checks, so that those always come first."""
    known_devices: int = 5
    """Devices per number that keep an allowance, newest first: the phone, the tablet and the computers of a household."""
    known_device_ms: int = 180 * DAY_MS
    """How long a device that verified a number keeps its own allowance: half a year, as long as phones stay in hand."""

    @classmethod
    def of(cls, otp: Otp) -> Self:
        """Returns the rules that the policy states."""
        return cls(
            ttl_ms=otp.code_life_seconds * 1000,
            ceiling_ms=otp.code_ceiling_seconds * 1000,
            send_gaps_ms=tuple(gap * 1000 for gap in otp.resend_gaps_seconds),
            wrong_per_challenge=otp.wrong_checks_per_challenge,
            number=Rule(
                quantity=1,
                period_ms=otp.number_refill_seconds * 1000,
                burst=otp.number_burst,
                sent_cap=otp.number_burst + 1,
                wrong_cap=otp.wrong_checks_per_number_per_day,
            ),
            strangers=Rule(
                quantity=otp.stranger_sends_per_day,
                period_ms=DAY_MS,
                burst=otp.stranger_sends_per_day,
                sent_cap=otp.stranger_sends_per_day,
            ),
            proof_ttl_ms=otp.proof_token_seconds * 1000,
            bar_ms=otp.unrequested_bar_days * DAY_MS,
            stop_ms=otp.unrequested_stop_hours * HOUR_MS,
            reports_to_stop=otp.unrequested_reports_for_stop,
            ipv6_block_bits=otp.ipv6_block_bits,
            other_channels_from_send=otp.other_channels_from_send,
            keep_ms=(otp.request_id_hours + 1) * HOUR_MS,
        )
