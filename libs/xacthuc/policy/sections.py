"""The sections of the policy file about people, accounts and texts, as frozen values; `sending` has those about messages.

Shapes and bounds only; what they say is data, with its citation. A number of days, hours or seconds carries its unit in its name, as it does in the file.
"""

from dataclasses import dataclass
from datetime import date

from xacthuc.policy.vocabulary import FindingAction, NextStep, Requirement


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
class Speech(Text):
    """What a call says in both languages: `{brand}`, `{code}` twice, which is read digit by digit, and `{minutes}`."""


@dataclass(frozen=True, slots=True)
class ReasonText(Text):
    """What a person is told about a decision."""

    next_step: NextStep
    """What to do about it, where the account's own facts do not say otherwise."""
    citation: str = ""
    """The article that decides when the reason itself has one; empty where the action's rule does."""


@dataclass(frozen=True, slots=True)
class PathText:
    """A way to a lawful account: whom it is open to and what they do, in both languages."""

    who: Text
    what: Text
    citation: str


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
    """How long each kind of data is kept; `identity.domain.retention` says from when, and of which rows."""

    account_data_months: int
    session_log_months: int
    audit_months: int
    """How long an entry of the audit trail is kept at the least, and deleted after; 0 for ever."""
    pending_days: int
    """How long a registration is kept of which nothing was ever proven and that waits for a guardian."""
    lapsed_evidence_months: int
    """How long a number or personal ID is kept that stands no longer."""
    ended_lock_months: int
    violation_months: int
    lock_identity_days: int
    proof_days: int
    sign_in_days: int
    job_attempt_days: int
    record_months: int
    """How long is on record that something was held, erased, asked for or released, once it is over."""
    acknowledge_days: int
    """How long other services may take to acknowledge an erasure."""
    release_document_days: int
    """How long what was made for an authority waits to be fetched, ..."""
    release_repeat_minutes: int
    """... and for how long the same call fetches it again."""
    late_hours: int
    """How late a purge may be before it alarms."""

    def __post_init__(self) -> None:
        """Refuses a time that would destroy at once, or alarm always."""
        if min(getattr(self, name) for name in self.__slots__ if name != "audit_months") <= 0 or self.audit_months < 0:
            raise ValueError("retention: write numbers above 0, and 0 for audit_months alone")


@dataclass(frozen=True, slots=True)
class Locks:
    """When violations lock an account for a time (R46), and whose accounts a lock binds (R47)."""

    frequent_count: int
    frequent_days: int
    """So many violations in so many rolling days lock an account, ..."""
    repeated_count: int
    repeated_days: int
    """... and so do so many in a longer time."""
    temporary_days: int
    """How long such a lock lasts."""
    permanent_from: int
    """The how manieth such lock has a permanent one proposed."""
    decision_hours: int
    """By when that proposal is to be decided; beyond it, it is overdue."""
    proposal_days: int
    """How long it waits for the two people who decide it."""
    by_number_and_person: bool
    """Whether the same verified number with the same name and birth date is one person, as the same personal ID is."""

    def __post_init__(self) -> None:
        """Refuses what the Decree does not allow, and what could never count."""
        if not 7 <= self.temporary_days <= 30:  # noqa: PLR2004 - the bounds of Decree 147/2024
            raise ValueError("temporary_days: write 7 to 30")
        if min(self.frequent_count, self.repeated_count, self.frequent_days, self.permanent_from) <= 0:
            raise ValueError("frequent_count, repeated_count, frequent_days, permanent_from: write numbers above 0")
        if not 0 < self.decision_hours <= self.proposal_days * 24:
            raise ValueError("decision_hours: write a number above 0, within proposal_days")
        if self.repeated_days < self.frequent_days:
            raise ValueError("repeated_days: must not be shorter than frequent_days")


@dataclass(frozen=True, slots=True)
class Duties:
    """By when persons and authorities have to be told."""

    acknowledge_working_days: int
    restrict_days: int
    restrict_elsewhere_days: int
    """Where a processor or another service has to act, too."""
    access_days: int
    erase_days: int
    extension_days: int
    breach_hours: int
    release_hours: int
    """For what an authority asks for of accounts."""
    release_emergency_hours: int
    order_hours: int
    """For what an authority orders to be removed or locked."""
    order_emergency_hours: int
    complaint_hours: int
    holidays: tuple[date, ...]
    """Days that are none of work, beside Saturdays and Sundays."""


@dataclass(frozen=True, slots=True)
class Grace:
    """What a grace of the law for accounts that are not verified yet does not reach."""

    covers_children: bool
    """Whether it also covers who is under 16 and has no guardian here."""


@dataclass(frozen=True, slots=True)
class Holders:
    """How many accounts may stand on one number or one personal ID."""

    adults: int
    """Beyond it whoever proves it last is right, and the earliest holder who is somebody else loses it (R30)."""
    related: int
    """Accounts of one person or family, whom nobody displaces; beyond it the next one is refused."""

    def __post_init__(self) -> None:
        """Refuses caps that contradict each other."""
        if not 0 < self.adults <= self.related:
            raise ValueError("adults, related: write numbers above 0, the first not the greater")


@dataclass(frozen=True, slots=True)
class AccountsPerNumber(Holders):
    """How many accounts one number may verify. A child's are counted apart from the guardian's own (R32)."""

    minors: int


@dataclass(frozen=True, slots=True)
class NumberMoves:
    """How often one number may pass from one unrelated holder to another."""

    most: int
    days: int
    """The rolling time in which they are counted."""

    def __post_init__(self) -> None:
        """Refuses a bound that is none."""
        if min(self.most, self.days) <= 0:
            raise ValueError("most, days: write numbers above 0")


@dataclass(frozen=True, slots=True)
class Reverification:
    """When possession of a number is to be proven again."""

    months: int
    """Months after the last proof; 0 for never by time alone, only on events (R31)."""
    on_inactive_number: bool
    """Whether a message that could not be delivered because the number is out of use asks for it."""


@dataclass(frozen=True, slots=True)
class PersonalIdRules:
    """What is accepted as a personal ID that somebody confirmed (R41)."""

    name_match: str
    """The least grade of `xacthuc.names.NameMatch` between the name given and the one confirmed."""
    operator_match_suffices: bool
    """Whether a mobile operator's match of name, birth date and number authenticates, without a provider."""
    retry_days: int
    """For how long a provider that is down or undecided is asked again."""


@dataclass(frozen=True, slots=True)
class Imports:
    """What is believed of accounts that a platform brings along."""

    accept_phone_evidence: bool
    """Whether a number that the platform had verified itself, with time and source, stands as proven."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What follows from what operators and regulators tell of numbers; `identity.domain.reconciliation` has the words."""

    subscriber_mismatch: FindingAction
    recycled: FindingAction
    sim_swapped: FindingAction
    deactivated: FindingAction
    blocked: FindingAction
    too_many_sims: FindingAction
    sims_per_paper: int
    """How many numbers one paper may have before it is a finding."""
    most_per_second: int
    """How many accounts operators are asked about in a second, at the most."""
    tries: int
    """How often they are asked about one account before it is left as unknown."""

    def __post_init__(self) -> None:
        """Refuses numbers that are none."""
        if min(self.sims_per_paper, self.most_per_second, self.tries) <= 0:
            raise ValueError("sims_per_paper, most_per_second, tries: write numbers above 0")


@dataclass(frozen=True, slots=True)
class Identity:
    """Numbers of the identity service."""

    request_id_days: int
    approval_hours: int
    """How long what takes two people waits for the second."""

    def __post_init__(self) -> None:
        """Refuses times that are none."""
        if min(self.request_id_days, self.approval_hours) <= 0:
            raise ValueError("request_id_days, approval_hours: write numbers above 0")


@dataclass(frozen=True, slots=True)
class Events:
    """How what happened to accounts is told."""

    kept_days: int
    """How far back a watcher, or a replay to a webhook, may go."""
    disable_after_days: int
    """After how many days of nothing but failures a webhook is disabled."""

    def __post_init__(self) -> None:
        """Refuses a time in which a webhook that failed has not been tried for the last time."""
        if self.kept_days < _LEAST_KEPT_DAYS:
            raise ValueError(f"kept_days: write {_LEAST_KEPT_DAYS} or more; deliveries are retried for a day")


_LEAST_KEPT_DAYS = 2


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
