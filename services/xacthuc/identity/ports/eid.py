"""What the use cases need of those who know who somebody is: electronic identification, and operators' subscriber records.

Adapters implement these; nothing here knows a technology. No picture of a paper is asked for or passed on, ever (Law on
Personal Data Protection 91/2025 Art. 29(2)).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from xacthuc.identity.domain.reconciliation import Source
from xacthuc.identity.domain.sandbox import is_reserved

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from xacthuc.identity.domain.reconciliation import Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A provider's word on who somebody is. What it did not tell is None."""

    provider: str
    """Its name in the settings."""
    level: str
    """The level of assurance as the provider calls it, such as `2` of Decree 69/2024."""
    transaction_id: str
    """How the provider knows this act, for its own records."""
    confirm_time: datetime
    personal_id: str | None = field(default=None, repr=False)
    full_name: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)


class Refused(StrEnum):
    """Why a provider did not confirm. Each has its next step; none is a fault of the provider."""

    NOT_CONFIRMED = "NOT_CONFIRMED"
    """It knows nobody by these details, or another."""
    DENIED = "DENIED"
    """The person did not agree."""
    EXPIRED = "EXPIRED"
    """The flow was begun too long ago, or ended before."""
    FORGED = "FORGED"
    """The answer was not meant for this flow: another nonce, audience, issuer or signature."""


@dataclass(frozen=True, slots=True)
class Pending:
    """The provider has not decided yet; ask again for this transaction, not before the time."""

    transaction_id: str
    retry_after_seconds: float


class ProviderDown(Exception):  # noqa: N818 - the state it names
    """The provider does not answer, or with garbage; nothing is known. Carries seconds to wait, never a person's data."""

    def __init__(self, retry_after_seconds: float, *, asked: bool = True, final: bool = False) -> None:
        """Takes when trying again makes sense, whether this question was put to the provider, and refused as such."""
        super().__init__("the provider does not answer")
        self.retry_after_seconds = retry_after_seconds
        self.asked = asked
        self.final = final


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One begun OpenID Connect flow, kept sealed between its two calls."""

    state: str
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    redirect_uri: str


class SignIn(Protocol):
    """A provider that asks the person itself, in the browser or its own app (OpenID Connect, code with PKCE)."""

    @property
    def name(self) -> str:
        """Its name in the settings."""
        ...

    @property
    def issuer(self) -> str:
        """What it calls itself, in redirects too (RFC 9207)."""
        ...

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        """Where it may send people back to."""
        ...

    async def begin(self, redirect_uri: str) -> tuple[str, Flow]:
        """Returns where to send the person, and the flow to keep. Raises ProviderDown."""
        ...

    def ended(self, error: str) -> Refused:
        """Returns what it means that the person came back with `error` and no code. Raises ProviderDown."""
        ...

    async def complete(self, flow: Flow, code: str) -> Confirmation | Refused:
        """Exchanges the code and believes nothing that is not signed for this flow. Raises ProviderDown."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom a provider is asked about."""

    personal_id: str = field(repr=False)
    """Empty where none is known: then an operator compares the rest."""
    full_name: str = field(repr=False)
    birth_date: date = field(repr=False)


class Authenticator(Protocol):
    """A licensed provider of electronic authentication that compares details with the national database."""

    @property
    def name(self) -> str:
        """Its name in the settings."""
        ...

    async def confirm(self, person: Person, request_id: str) -> Confirmation | Refused | Pending:
        """Asks once; the same `request_id` again is the same question. Raises ProviderDown."""
        ...

    async def ask_again(self, transaction_id: str) -> Confirmation | Refused | Pending:
        """Returns what came of a pending question. Raises ProviderDown."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberMatch:
    """An operator's comparison of its subscriber record with an account's holder."""

    operator: str
    full_name: Match
    birth_date: Match
    personal_id: Match
    full_name_score: int | None = None
    """0 to 100, where the operator tells."""


class Subscribers(Protocol):
    """An operator's subscriber records."""

    @property
    def name(self) -> str:
        """Its name in the settings."""
        ...

    @property
    def at_once(self) -> int:
        """How many questions it may be asked at a time."""
        ...

    async def match(self, number: str, person: Person, correlator: str) -> SubscriberMatch:
        """Compares the holder of `number` (E.164) with a person. Raises ProviderDown."""
        ...


class NumberHistory(Protocol):
    """What an operator knows of the past of a number: its subscribers, or its SIMs."""

    @property
    def name(self) -> str:
        """Its name in the settings."""
        ...

    @property
    def at_once(self) -> int:
        """How many questions it may be asked at a time."""
        ...

    async def changed_since(self, number: str, since: datetime, correlator: str) -> bool | None:
        """Whether `number` (E.164) changed hands, or its SIM, since then; None when it is none of the operator's, or not told.

        Raises ProviderDown.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Providers:
    """Everybody who can be asked, in the order of their names. Nobody may be."""

    sign_ins: Mapping[str, SignIn] = field(default_factory=dict)
    authenticators: tuple[Authenticator, ...] = ()
    subscribers: tuple[Subscribers, ...] = ()
    recycling: tuple[NumberHistory, ...] = ()
    """Of the subscribers of numbers."""
    sim_swaps: tuple[NumberHistory, ...] = ()
    """Of their SIMs."""
    sandbox: Authenticator | None = None
    """Asked about reserved numbers, and nobody else about those. Only in development."""

    def answering(self, source: Source) -> tuple[Subscribers | NumberHistory, ...]:
        """Returns who answers what a reconciliation asks."""
        if source is Source.KYC_MATCH:
            return self.subscribers
        return self.recycling if source is Source.NUMBER_RECYCLING else self.sim_swaps

    def asked_about(self, personal_id: str) -> tuple[Authenticator, ...]:
        """Returns who is asked about a number, in this order until one answers."""
        if self.sandbox is not None and is_reserved(personal_id):
            return (self.sandbox,)
        return self.authenticators
