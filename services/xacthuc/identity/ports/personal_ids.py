"""Personal IDs that are declared, the questions about them, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from xacthuc.identity.commands import Consent, Order
    from xacthuc.identity.domain.account import Account
    from xacthuc.identity.domain.personal_ids import Details, Ground, Verification
    from xacthuc.identity.domain.rulings import Ruling
    from xacthuc.identity.ports.eid import Flow, SubscriberMatch


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account whose holder gives a personal ID, under lock."""

    account: Account
    full_name: str = field(repr=False)
    birth_date: date = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A personal ID to be kept as declared."""

    ground: Ground
    confirmation: Consent | None
    personal_id: str = field(repr=False)
    doubts: tuple[str, ...]
    """What is odd about it and no reason to refuse it (R40)."""
    asked: bool
    """Whether somebody is asked about it."""
    next_time: datetime
    """When the question is asked by a job, should it not be answered before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A question that is not answered yet."""

    platform: str
    account_id: str = field(repr=False)
    check_id: str
    """What the question is known by to those who are asked: the same again is the same question."""
    ours: Details
    number: str = field(repr=False)
    """The account's mobile number in E.164, which operators are asked about; empty without PHONE evidence."""
    provider: str
    """Whom it is pending with; empty: nobody."""
    transaction_id: str
    compared: bool
    """Whether the operators have answered."""
    create_time: datetime
    next_time: datetime


@dataclass(frozen=True, slots=True)
class Declared:
    """Where giving a personal ID stands: answered, or being asked about."""

    answer: Verification | None
    check: Check | None
    """None when it is answered, or when there is no such account and nothing was recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What operators said of a subscriber, beside what anybody was told."""

    matches: tuple[SubscriberMatch, ...] = ()
    complete: bool = False
    """Whether every operator has answered, now or before."""


@dataclass(frozen=True, slots=True)
class SettledPersonalId:
    """What an answer came to."""

    answer: Verification
    changed: tuple[str, ...]
    """Accounts about which something else is true now."""


class PersonalIds(Protocol):
    """Declared personal IDs, in two transactions with the question between them."""

    async def declare(
        self, order: Order, account_id: str, decide: Callable[[Candidate], Declaration], now: datetime
    ) -> Declared:
        """Locks the account, asks `decide`, and keeps the declaration, the question and the intent in one commit."""
        ...

    async def check(self, platform: str, account_id: str, check_id: str) -> Check | None:
        """Returns a question that is not answered yet; None once it is, or another took its place."""
        ...

    async def reported(self, provider: str, transaction_id: str) -> Check | None:
        """Returns the question that a provider knows under that transaction."""
        ...

    async def settle(
        self,
        check: Check,
        rule: Callable[[Details], Ruling],
        findings: Findings,
        order: Order,
        now: datetime,
    ) -> SettledPersonalId:
        """Locks the personal ID, then accounts in key order, asks `rule` what the answer comes to, and saves it, once.

        `order` says who brings the answer; if it is a caller's, it gets the answer. A question that was settled meanwhile stays
        settled, and what it came to is answered.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunSignIn:
    """A sign-in as it is answered."""

    authorization_uri: str
    state: str = field(repr=False)
    expire_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSignIn:
    """A sign-in to be kept until the person comes back."""

    provider: str
    flow: Flow
    answer: BegunSignIn
    confirmation: Consent | None


@dataclass(frozen=True, slots=True)
class TakenSignIn:
    """A sign-in to be completed, taken for one request."""

    candidate: Candidate
    provider: str
    flow: Flow | None
    """None when this account has no such flow: used by another request, too old, or never begun."""


class SignIns(Protocol):
    """Sign-ins between their two calls."""

    async def admit(self, order: Order, account_id: str) -> BegunSignIn | Candidate | None:
        """Returns what the same request was answered, or the account it is for; None when there is none."""
        ...

    async def begin(self, order: Order, account_id: str, new: NewSignIn, now: datetime) -> BegunSignIn:
        """Keeps the flow, sealed, with the confirmation and the answer; the first one of a request stands."""
        ...

    async def take(self, order: Order, account_id: str, state: str, now: datetime) -> Verification | TakenSignIn | None:
        """Takes a flow for this request alone, which may take it again after a crash.

        Returns what the same request was answered, or what is to be completed; None without such an account.
        """
        ...

    async def settle(
        self,
        order: Order,
        account_id: str,
        personal_id: str,
        rule: Callable[[Candidate], Ruling],
        *,
        retry_seconds: float,
        now: datetime,
    ) -> SettledPersonalId:
        """Locks as `PersonalIds.settle` does, asks `rule` what the sign-in comes to for the account, and saves it with the answer.

        `personal_id` is the one that was brought, empty when none was; `retry_seconds` goes into the answer.
        """
        ...
