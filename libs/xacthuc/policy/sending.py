"""The sections of the policy file about codes, messages and what they cost, as frozen values. Shapes and bounds only.

A number of days, hours or seconds carries its unit in its name, as it does in the file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from xacthuc.policy.vocabulary import ChoiceMethod, DeliveryChannel, GuardMode

_OPENS = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_CLOSES = re.compile(rf"{_OPENS.pattern}|24:00")


@dataclass(frozen=True, slots=True)
class Otp:
    """The numbers of one-time codes and of their limits."""

    code_digits: int
    code_life_seconds: int
    """From the last send."""
    code_ceiling_seconds: int
    """From the first send; no resend moves the end of a code beyond it."""
    wrong_checks_per_challenge: int
    wrong_checks_per_number_per_day: int
    wrong_checks_per_account_per_day: int
    resend_gaps_seconds: tuple[int, ...]
    """The wait before each resend; as many resends as gaps."""
    other_channels_from_send: int
    """The send, counted from 1, from which voice and Zalo are on offer."""
    receipt_wait_seconds: tuple[int, ...]
    """How long a receipt is waited for before somebody else sends the same code: after the first message, after the
    second, and so on; the last holds for all further ones."""
    fallback_channels: Mapping[DeliveryChannel, tuple[DeliveryChannel, ...]]
    """By what a code is sent when nobody can send it by the channel it was meant for, best first."""
    number_burst: int
    """Sends a rested number has at once; with the refill, one more than this within any refill period."""
    number_refill_seconds: int
    """After which one more send is granted."""
    stranger_sends_per_day: int
    """Sends a number gets in any 24 hours from all who are not known to hold it, CAPTCHA or not."""
    account_sends_per_day: int
    device_sends_per_day: int
    address_sends_per_hour: int
    """For an IPv4 address, and for an IPv6 block of `ipv6_block_bits`, before what it earns."""
    address_verified_scale: float
    """Sends an address earns with each code verified in the same hour: it may send base + scale x verified."""
    ipv6_block_bits: int
    prefix_sends_per_hour: int
    """For a block of 10 000 numbers, before what it earns."""
    prefix_verified_scale: float
    """Sends a block earns with each code verified in the same hour; 2.5 never limits one that verifies over 40 %."""
    platform_sends_per_hour: int
    system_sends_per_hour: int
    proof_token_seconds: int
    unrequested_bar_days: int
    """How long who started an unasked-for challenge cannot start another for that number."""
    unrequested_reports_for_stop: int
    unrequested_stop_hours: int
    """How long a number gets nothing at all after that many reports."""
    request_id_hours: int

    def __post_init__(self) -> None:
        """Refuses numbers under which codes would be guessable, useless or never sent."""
        for field in fields(self):
            value = getattr(self, field.name)
            numbers = value if isinstance(value, tuple) else (value,)
            if any(isinstance(number, int | float) and number <= 0 for number in numbers):
                raise ValueError(f"{field.name}: write a number above 0")
        if not self.receipt_wait_seconds:
            raise ValueError("receipt_wait_seconds: write one wait at least")
        for channel, others in self.fallback_channels.items():
            if channel in others or len(set(others)) < len(others):
                raise ValueError(f"fallback_channels.{channel}: name other channels, each once")
        if not 6 <= self.code_digits <= 10:  # noqa: PLR2004 - NIST SP 800-63B-4 section 3.1.3 asks for six decimal digits
            raise ValueError("code_digits: write 6 to 10")
        if self.code_ceiling_seconds > 600:  # noqa: PLR2004 - NIST SP 800-63B-4 section 3.1.3: ten minutes at most
            raise ValueError("code_ceiling_seconds: write at most 600")
        # The message tells the person whole minutes.
        if self.code_life_seconds % 60 or self.code_life_seconds > self.code_ceiling_seconds:
            raise ValueError("code_life_seconds: write whole minutes, at most code_ceiling_seconds")
        self._check_ladder()
        if self.ipv6_block_bits > 128:  # noqa: PLR2004 - an address has no more
            raise ValueError("ipv6_block_bits: write 1 to 128")

    def _check_ladder(self) -> None:
        """Refuses waits that outlast the code: the message after them would be promised and never sent."""
        if max(self.resend_gaps_seconds, default=0) >= self.code_life_seconds:
            raise ValueError("resend_gaps_seconds: write waits below code_life_seconds, or the code expires first")
        if sum(self.resend_gaps_seconds) >= self.code_ceiling_seconds:
            raise ValueError("resend_gaps_seconds: write waits that end before code_ceiling_seconds, all together")


@dataclass(frozen=True, slots=True)
class Spend:
    """What messages may cost from one midnight in Vietnam to the next, in dong; -1 for no cap, 0 to send nothing."""

    platform_codes_per_day_vnd: int
    """Of one platform, while an operator has set no cap of its own."""
    platform_notices_per_day_vnd: int
    system_codes_per_day_vnd: int
    """Of all platforms together."""
    system_notices_per_day_vnd: int

    def __post_init__(self) -> None:
        """Refuses what could be mistaken for a cap."""
        for field in fields(self):
            if getattr(self, field.name) < -1:
                raise ValueError(f"{field.name}: write dong a day, 0 for nothing or -1 for no cap")


@dataclass(frozen=True, slots=True)
class Bulk:
    """How many notices may be sent, and when."""

    number_per_day: int
    """To one number by one platform, in any 24 hours,"""
    number_per_30_days: int
    """and in any 30 days."""
    platform_per_day: int
    """By one platform to anybody, in any 24 hours."""
    system_per_day: int
    """By all platforms together."""
    hours: str
    """`HH:MM-HH:MM` in Vietnam. What comes outside them waits for the next morning."""

    def __post_init__(self) -> None:
        """Refuses budgets that contradict each other and hours that are none."""
        if not 0 < self.number_per_day <= self.number_per_30_days:
            raise ValueError("number_per_day, number_per_30_days: write numbers above 0, the first not the greater")
        if min(self.platform_per_day, self.system_per_day) <= 0:
            raise ValueError("platform_per_day, system_per_day: write numbers above 0")
        opens, _, closes = self.hours.partition("-")
        if not (_OPENS.fullmatch(opens) and _CLOSES.fullmatch(closes) and opens < closes):
            raise ValueError("hours: write HH:MM-HH:MM within one day, such as 08:00-20:00, or 00:00-24:00 for always")


@dataclass(frozen=True, slots=True)
class Choice:
    """How delivery chooses between providers."""

    method: ChoiceMethod
    verified_worth_vnd: int
    """Dong that one verified person is worth: a hundredth of it is the price of one percent of conversion."""
    half_life_hours: float
    """After which a code that was sent counts half."""
    exploration_percent: float
    """Of choices, that go to providers nobody knows enough about, while others are known to do well."""

    def __post_init__(self) -> None:
        """Refuses numbers that no choice could be made with."""
        if self.verified_worth_vnd < 1:
            raise ValueError("verified_worth_vnd: write a number of dong above 0")
        if self.half_life_hours <= 0:
            raise ValueError("half_life_hours: write a number above 0")
        if not 0 <= self.exploration_percent <= 50:  # noqa: PLR2004 - beyond half it is no longer the exception
            raise ValueError("exploration_percent: write 0 to 50")


@dataclass(frozen=True, slots=True)
class GuardThresholds:
    """How many messages to one subject may stay unverified; the formulas are on docs/fraud.md."""

    day_floor: int
    """In 24 hours, whatever is verified."""
    hour_floor: int
    in_flight_floor: int
    """Codes that can still be entered, before they count."""
    verified_share: float
    """Of the codes verified in the same time; 1.0 is one unverified for each verified, a conversion of a half."""
    in_flight_share: float
    """Of the codes verified in an hour, that may be in flight at once."""

    def __post_init__(self) -> None:
        """Refuses thresholds under which nothing could ever be sent."""
        for field in fields(self):
            if getattr(self, field.name) <= 0:
                raise ValueError(f"{field.name}: write a number above 0")


@dataclass(frozen=True, slots=True)
class Guard:
    """When too few codes come back, and what follows."""

    mode: GuardMode
    record_days: int
    """How long the guard only records, also when it is to enforce; 0 for not at all."""
    operator: GuardThresholds
    """For the ranges first given to one operator."""
    prefix: GuardThresholds
    """For ten thousand neighbouring numbers on one platform."""
    provider: GuardThresholds
    """For whoever sends the messages."""

    def __post_init__(self) -> None:
        """Refuses a time that is none."""
        if self.record_days < 0:
            raise ValueError("record_days: write 0 or more")
