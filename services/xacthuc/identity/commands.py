"""What the verbs are asked, as values: made by `wire`, understood by the use cases."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.order import Order as Order  # noqa: PLC0414, TC001 - what every command carries is imported from here

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from xacthuc.credentials.scopes import Scope
    from xacthuc.credentials.staff import Operator, Role
    from xacthuc.identity.domain.approvals import Act, Step
    from xacthuc.identity.domain.facts import EvidenceKind
    from xacthuc.identity.domain.guardianship import Guardian, Guardianship
    from xacthuc.identity.domain.import_rows import ImportedRow
    from xacthuc.identity.domain.numbers import RevocationReason
    from xacthuc.identity.domain.personal_ids import Ground
    from xacthuc.identity.domain.registration import CalendarDate
    from xacthuc.identity.domain.sessions import Entry, Rejected
    from xacthuc.identity.domain.violations import RemovalOrder
    from xacthuc.identity.ports.numbers import Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What the holder agreed to, and when."""

    text_version: str
    accept_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterAccount:
    """A holder's registration."""

    order: Order
    account_id: str = field(repr=False)
    full_name: str = field(repr=False)
    birth_date: CalendarDate = field(repr=False)
    consent: Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectAccount:
    """What is right about a holder; empty and None for what stays."""

    order: Order
    account_id: str = field(repr=False)
    full_name: str = field(repr=False)
    birth_date: CalendarDate | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockAccount:
    """An account to be locked."""

    order: Order
    account_id: str = field(repr=False)
    basis: str
    expire_time: datetime | None
    """None: until it is unlocked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockAccount:
    """An account to be unlocked."""

    order: Order
    account_id: str = field(repr=False)
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordViolation:
    """A violation to be counted."""

    order: Order
    account_id: str = field(repr=False)
    removal: RemovalOrder
    violate_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawViolation:
    """A violation that was recorded by mistake."""

    order: Order
    account_id: str = field(repr=False)
    violation_id: int
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRecord:
    """Which part of what is on record of an account to show."""

    platform: str
    account_id: str = field(repr=False)
    before: int | None
    """None for the newest part."""
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSessions:
    """A batch for the session log."""

    order: Order
    read: Sequence[Entry | Rejected] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSessions:
    """A part of the session log to be read in clear."""

    order: Order
    account_id: str = field(repr=False)
    start_time: datetime
    end_time: datetime
    basis: str
    after: str
    """Empty for the first part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAccount:
    """An account to be closed or erased."""

    order: Order
    account_id: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProveNumber:
    """A proof of a number for an account: its first, the same again, or one in the place of another."""

    order: Order
    account_id: str = field(repr=False)
    proof_token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Why a personal ID is given."""

    ground: Ground
    confirmation: Consent | None
    """Of having no mobile number; with NO_MOBILE alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyPersonalId:
    """A personal ID to be declared and confirmed."""

    order: Order
    account_id: str = field(repr=False)
    personal_id: str = field(repr=False)
    """As the person typed it."""
    given: Given


@dataclass(frozen=True, slots=True, kw_only=True)
class StartElectronicId:
    """A sign-in to be begun."""

    order: Order
    account_id: str = field(repr=False)
    provider: str
    """Empty where there is one alone."""
    redirect_uri: str
    given: Given


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteElectronicId:
    """What the person came back with from a sign-in."""

    order: Order
    account_id: str = field(repr=False)
    state: str = field(repr=False)
    code: str = field(repr=False)
    """Empty when an error came."""
    error: str
    iss: str
    """Empty when the provider does not say who it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PutGuardianship:
    """Who answers for a child from now on, and what is allowed."""

    order: Order
    child_id: str = field(repr=False)
    guardianship: Guardianship


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterGuardian:
    """Somebody who is to answer for a child, with a number proven for that."""

    order: Order
    link: str
    account_id: str = field(repr=False)
    """Empty for who has none."""
    full_name: str = field(repr=False)
    birth_date: CalendarDate = field(repr=False)
    consent: Consent
    """The declaration that they accepted."""
    proof: Proof = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckGuardian:
    """Somebody who may come to answer for a child."""

    platform: str
    child_id: str = field(repr=False)
    guardian: Guardian
    child_devices: frozenset[str] = field(repr=False)
    """Digests of devices on which the child was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeVerification:
    """Evidence to be taken back."""

    order: Order
    account_id: str = field(repr=False)
    kinds: frozenset[EvidenceKind]
    reason: RevocationReason


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateKey:
    """A key to be made."""

    order: Order
    scopes: frozenset[Scope]
    ttl: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKey:
    """A key to be replaced; the old one goes on for `overlap`."""

    order: Order
    key_id: str
    overlap: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBatch:
    """Accounts that a platform brings along, to be kept in one commit. The batch's id is the order's request id."""

    order: Order
    rows: Iterator[ImportedRow] = field(repr=False)
    """Read as they are asked for, since reading a thousand takes longer than other calls should wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeAct:
    """Something that takes two people, proposed by the first."""

    order: Order
    operator: Operator
    act: Act
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideApproval:
    """What an operator makes of a proposal."""

    order: Order
    operator: Operator
    approval_id: str
    platform: str | None
    """Where the caller named one, approvals of others do not exist."""
    step: Step
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteStaffSignIn:
    """What an operator came back with from the identity provider."""

    order: Order
    state: str = field(repr=False)
    code: str = field(repr=False)
    """Empty when an error came."""
    error: str
    iss: str
    """Empty when the provider does not say who it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteOperator:
    """Somebody to become an operator."""

    order: Order
    display_name: str = field(repr=False)
    roles: frozenset[Role]
    email: str = field(repr=False)
    """In lower case; empty where the subject is given."""
    subject: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOperator:
    """What is to become of an operator; empty for what stays."""

    order: Order
    operator: Operator
    """Who asks."""
    operator_id: str
    display_name: str = field(repr=False)
    roles: frozenset[Role]
    disabled: bool = False
