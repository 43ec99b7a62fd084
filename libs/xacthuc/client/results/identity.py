"""What calls of IdentityService return, and what they are told in parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.client.enums import AccountState, NextStepKind, PersonalIdOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from xacthuc.client.enums import (
        Action,
        Authority,
        ConsentKind,
        DecisionReason,
        EventKind,
        EvidenceKind,
        SessionKind,
        VerificationPathKind,
    )
    from xacthuc.client.errors import FieldFault


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
class ConsentRecord:
    """One thing a holder agreed to or confirmed, for one version of a text."""

    kind: ConsentKind
    text_version: str
    accept_time: datetime
    """When the person agreed, as the platform told."""

    record_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMobile:
    """The holder's own confirmation of having no Vietnamese mobile number (Decree 147/2024 Art. 23(3)(e)). It is kept."""

    text_version: str
    """Version of the text that was shown."""

    confirm_time: datetime
    """When the person confirmed it; aware."""

    confirmed: bool
    """That the person acted and nothing was pre-selected. No default: a program must not say it for the person."""


@dataclass(frozen=True, slots=True)
class Commerce:
    """Selling in livestreams, which asks for a personal ID whatever else is verified."""


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
class RemovalOrder:
    """What an authority demanded the removal of something by."""

    authority: Authority
    order_number: str
    """The number of its document, such as `123/PTTH-TTDT`; nothing personal."""

    national_security: bool = False
    """Whether it says that the content infringes national security: a permanent lock is then proposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEntry:
    """One thing an account did, for the session log."""

    account_id: str = field(repr=False)
    """The platform's own id."""

    kind: SessionKind
    occur_time: datetime
    ip: str = field(default="", repr=False)
    """Needed of a log-in or log-out, with its source port."""

    port: int = field(default=0, repr=False)
    content_id: str = field(default="", repr=False)
    """Needed of the other kinds: the platform's own id of what was processed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedEntry:
    """An entry that is not on the session log."""

    index: int
    """Its place in the batch."""

    faults: tuple[FieldFault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedSessions:
    """What became of a batch; false when some of it is not on record."""

    count: int
    rejected: tuple[RejectedEntry, ...]

    def __bool__(self) -> bool:
        return not self.rejected


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
class PersonalIdVerification:
    """What came of giving a personal ID; true only when it was confirmed."""

    outcome: PersonalIdOutcome
    account: Account
    """As it is afterwards."""

    retry_delay: timedelta | None
    """When there may be news, or when trying again makes sense. Of PENDING and PROVIDER_UNAVAILABLE alone."""

    def __bool__(self) -> bool:
        return self.outcome is PersonalIdOutcome.CONFIRMED


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A sign-in that was begun with a provider of electronic identification."""

    authorization_uri: str = field(repr=False)
    """Where to send the person. Holds nothing personal."""

    state: str = field(repr=False)
    """What the person comes back with. Keep it in the session it was made for, and compare."""

    expire_time: datetime
    """Until when the person may come back."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingToken:
    """What an account may do for up to a minute, signed; false when nothing may be kept at present."""

    token: str = field(repr=False)
    """For `StandingVerifier`. Empty when nothing may be kept."""

    expire_time: datetime | None
    """None without a token."""

    actions: tuple[Action, ...]
    """What it lists. Ask `check_action` for everything else."""

    next_step: NextStep

    def __bool__(self) -> bool:
        return bool(self.token)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationPath:
    """A way to a lawful account, as a sign-up page explains it."""

    kind: VerificationPathKind
    who_vi: str
    """For whom it is open."""

    who_en: str
    what_vi: str
    """What the person does."""

    what_en: str
    legal_basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """One thing that happened to one account. It says that something changed; `get_account` says what is true now."""

    name: str
    """`events/{event}`, the same however often it is told: what repetitions are known by."""

    kind: EventKind
    account: str = field(repr=False)
    """`accounts/{account}`."""

    occur_time: datetime
    details: Mapping[str, str] = field(repr=False)
    """Particulars for machines, such as `purge_time` (docs/webhooks.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBatch:
    """What happened, in order, and where to go on; false when nothing did and the stream only says that it lives."""

    events: tuple[AccountEvent, ...]
    cursor: str
    """Keep it once the events are dealt with."""

    def __bool__(self) -> bool:
        return bool(self.events)
