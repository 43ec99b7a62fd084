"""The sections of the policy file as frozen values. Shapes and bounds only; what they say is data, with its citation.

A number of days, hours or seconds carries its unit in its name, as it does in the file.
"""

from dataclasses import dataclass, fields
from datetime import date

from xacthuc.policy.vocabulary import NextStep, Requirement


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages."""

    en: str
    vi: str

    def in_locale(self, locale: str) -> str:
        """Returns the sentence in English for an English BCP 47 `locale`, in Vietnamese for every other."""
        return self.en if locale[:2].lower() == "en" else self.vi


@dataclass(frozen=True, slots=True)
class Message(Text):
    """A text message in both languages. With a code it has the fields `{brand}`, `{code}`, `{minutes}`; else `{brand}`."""


@dataclass(frozen=True, slots=True)
class ReasonText(Text):
    """What a person is told about a decision."""

    next_step: NextStep
    """What to do about it, where the account's own facts do not say otherwise."""
    citation: str = ""
    """The article that decides when the reason itself has one; empty where the action's rule does."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What an action asks of an account, and why."""

    requirement: Requirement
    citation: str
    """The article as a decision names it."""
    effective: date
    """First day on which the rule applies, in Vietnam. It informs; a rule that is loaded is applied."""
    uncertain: bool = False
    """Whether the law can be read otherwise; the requirement is then the cautious reading."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ages:
    """Ages in completed years."""

    guardian_below: int
    """Below it a parent or guardian registers the account."""
    guardian_at_least: int
    """A guardian has at least this age."""
    assent_from: int
    """From it on a child's own assent is asked for, beside the guardian's."""

    def __post_init__(self) -> None:
        """Refuses ages that contradict each other."""
        if not 0 < self.assent_from <= self.guardian_below <= self.guardian_at_least:
            raise ValueError("assent_from, guardian_below, guardian_at_least: must not decrease in this order")


@dataclass(frozen=True, slots=True)
class Transition:
    """The grace that Decree 147 gave accounts that were active when it came into force. It is over (R8)."""

    start: date
    days: int
    last_day: date
    """The last day of it, by the cautious reading."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long data is kept after the last event or the closure of an account, then destroyed."""

    account_data_months: int
    session_log_months: int


@dataclass(frozen=True, slots=True)
class AccountsPerNumber:
    """How many accounts one number may verify. A child's are counted apart from the guardian's own (R32)."""

    adults: int
    minors: int


@dataclass(frozen=True, slots=True)
class Reverification:
    """When possession of a number is to be proven again."""

    months: int
    """Months after the last proof; 0 for never by time alone, only on events (R31)."""


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
            if any(number <= 0 for number in (value if isinstance(value, tuple) else (value,))):
                raise ValueError(f"{field.name}: write a number above 0")
        if not 6 <= self.code_digits <= 10:  # noqa: PLR2004 - NIST SP 800-63B-4 section 3.1.3 asks for six decimal digits
            raise ValueError("code_digits: write 6 to 10")
        if self.code_ceiling_seconds > 600:  # noqa: PLR2004 - NIST SP 800-63B-4 section 3.1.3: ten minutes at most
            raise ValueError("code_ceiling_seconds: write at most 600")
        # The message tells the person whole minutes.
        if self.code_life_seconds % 60 or self.code_life_seconds > self.code_ceiling_seconds:
            raise ValueError("code_life_seconds: write whole minutes, at most code_ceiling_seconds")
        if self.ipv6_block_bits > 128:  # noqa: PLR2004 - an address has no more
            raise ValueError("ipv6_block_bits: write 1 to 128")


@dataclass(frozen=True, slots=True)
class Identity:
    """Numbers of the identity service."""

    request_id_days: int


@dataclass(frozen=True, slots=True)
class Sms:
    """What text messages must not say."""

    promotional_words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ministry:
    """The authority for a subject."""

    en: str
    vi: str
    citation: str
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Ministries:
    """Who is competent for what."""

    social_networks: Ministry
    numbering: Ministry
    cybersecurity: Ministry
    electronic_identity: Ministry
    e_commerce: Ministry
