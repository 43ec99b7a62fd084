"""Operators and sessions, and who tells who somebody of the staff is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from xacthuc.credentials.sessions import SessionRecord
    from xacthuc.credentials.staff import Role
    from xacthuc.identity.commands import ChangeOperator, InviteOperator, Order
    from xacthuc.identity.domain.staff import Assertion, Means, NotAdmitted, OperatorState
    from xacthuc.identity.ports.eid import Flow, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorView:
    """An operator as it is answered."""

    id: str
    display_name: str = field(repr=False)
    roles: frozenset[Role]
    state: OperatorState
    email: str = field(repr=False)
    create_time: datetime


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session as identity keeps it: what servers are told, and how it began."""

    record: SessionRecord
    means: Means


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """What a session is made with."""

    sha256: bytes = field(repr=False)
    life: timedelta
    idle: timedelta
    means: Means


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an operator, and the sessions that servers have to hear of."""

    operator: OperatorView
    sessions: Sequence[SessionRecord]


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session, and everything that servers have to hear of it: other sessions of the operator may have changed."""

    session: StoredSession
    sessions: Sequence[SessionRecord]


class Clash(StrEnum):
    """Why an operator is not changed."""

    NOT_FOUND = "NOT_FOUND"
    TAKEN = "TAKEN"
    """Another one is known by the same e-mail address or subject."""
    DISABLED = "DISABLED"


class Operators(Protocol):
    """The operators. Every change is audited in its commit."""

    async def invite(self, command: InviteOperator, now: datetime) -> OperatorView | Clash:
        """Keeps an invitation, once per request id."""
        ...

    async def change(self, command: ChangeOperator, now: datetime) -> Change | Clash:
        """Changes or disables an operator, and their sessions with them; once per request id."""
        ...

    async def get(self, operator_id: str) -> OperatorView | None:
        """Returns an operator."""
        ...

    async def page(self, after: str, limit: int) -> Sequence[OperatorView]:
        """Returns up to `limit` operators whose id is greater than `after`, by id."""
        ...


class Flows(Protocol):
    """Sign-ins that were begun."""

    async def keep(self, flow: Flow, expire_time: datetime) -> None:
        """Keeps one, sealed."""
        ...

    async def take(self, state: str, now: datetime) -> Flow | None:
        """Returns one, once; None when there is none by that state, or not any more."""
        ...


class Sessions(Protocol):
    """The sessions. Every beginning and end is audited in its commit."""

    async def admit(self, order: Order, assertion: Assertion, new: NewSession, now: datetime) -> Opened | NotAdmitted:
        """Opens a session for whom the identity provider vouches."""
        ...

    async def refuse(self, order: Order, cause: str, now: datetime) -> None:
        """Notes that a sign-in came to nothing."""
        ...

    async def try_break_glass(self, order: Order, reason: str, now: datetime) -> timedelta:
        """Notes a try with the break-glass account before it is made; returns how long to wait, zero when it may be."""
        ...

    async def open_break_glass(self, order: Order, new: NewSession, reason: str, now: datetime) -> StoredSession:
        """Opens a session of the break-glass account."""
        ...

    async def get(self, session_id: str) -> StoredSession | None:
        """Returns a session."""
        ...

    async def revoke(self, order: Order, session_id: str, now: datetime) -> StoredSession | None:
        """Ends a session; one that has ended stays as it is. None when there is no such session."""
        ...

    async def page(self, operator_id: str, after: str, limit: int) -> Sequence[StoredSession]:
        """Returns up to `limit` sessions older than the one whose id is `after`, newest first; an empty operator is all."""
        ...


class SessionPublication(Protocol):
    """Where servers hear of sessions."""

    async def publish(self, records: Sequence[SessionRecord]) -> None:
        """Tells every server; raises StoreError when the store does not take it, and then tries again by itself."""
        ...


class StaffProvider(Protocol):
    """The identity provider of the deployment's own staff."""

    @property
    def issuer(self) -> str:
        """What it calls itself, in redirects too (RFC 9207)."""
        ...

    def redirect_uri(self, port: int) -> str:
        """Returns the loopback address where the browser comes back to; ValueError when another port is registered."""
        ...

    async def begin(self, redirect_uri: str) -> tuple[str, Flow]:
        """Returns where to send the operator, and the flow to keep. Raises ProviderDown."""
        ...

    def ended(self, error: str) -> Refused:
        """Returns what it means that they came back with `error` and no code. Raises ProviderDown."""
        ...

    async def complete(self, flow: Flow, code: str) -> Assertion | Refused:
        """Exchanges the code and believes nothing that is not signed for this flow. Raises ProviderDown."""
        ...


class Emergency(Protocol):
    """The secret for emergencies."""

    async def matches(self, secret: str) -> bool | None:
        """Whether this is it; None when there is no such account."""
        ...
