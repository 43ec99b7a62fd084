"""Webhooks, what is on its way to them, and the way there."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.events import AccountEvent
    from xacthuc.identity.domain.webhooks import DeliveryState, Outcome, WebhookState


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that is told of what happens to a platform's accounts."""

    platform: str
    webhook_id: str
    address: str = field(repr=False)
    """May hold what only the platform should know, in its path."""
    kinds: frozenset[str]
    """Empty: everything but imports."""
    state: WebhookState
    create_time: datetime
    failing_since: datetime | None = None
    """While nothing but failures comes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one webhook."""

    event: AccountEvent
    state: DeliveryState
    attempts: int
    last_outcome: Outcome | None
    last_status: int
    last_time: datetime | None
    next_time: datetime | None


class WebhookFault(StrEnum):
    """Why a webhook was not made or changed."""

    NO_PLATFORM = "NO_PLATFORM"
    NO_WEBHOOK = "NO_WEBHOOK"
    TOO_MANY = "TOO_MANY"
    REPEATED = "REPEATED"
    """This request id made a secret before, which cannot be shown again."""
    INACTIVE = "INACTIVE"
    NO_EVENT = "NO_EVENT"
    UNKNOWN_CURSOR = "UNKNOWN_CURSOR"
    EXPIRED = "EXPIRED"
    AHEAD = "AHEAD"


class Changes(NamedTuple):
    """What is to be another of a webhook; None stays."""

    address: str | None = None
    kinds: frozenset[str] | None = None
    state: WebhookState | None = None


class From(NamedTuple):
    """What is to be sent again: one of these."""

    event_id: str = ""
    cursor: str = ""
    time: datetime | None = None


class Attempt(NamedTuple):
    """What came of sending something."""

    outcome: Outcome
    status: int = 0
    """0 when no status came."""


class Webhooks(Protocol):
    """The webhooks of platforms. Every change is one commit with its audit entry, once per request id."""

    async def create(self, order: Order, webhook: Webhook, secret: bytes) -> Webhook | WebhookFault:
        """Keeps a webhook and its first secret, if there is room."""
        ...

    async def get(self, platform: str, webhook_id: str) -> Webhook | None:
        """Returns a webhook."""
        ...

    async def of(self, platform: str) -> Sequence[Webhook] | None:
        """Returns a platform's webhooks, oldest first; None when there is no such platform."""
        ...

    async def update(self, order: Order, webhook_id: str, changes: Changes, now: datetime) -> Webhook | WebhookFault:
        """Changes a webhook."""
        ...

    async def delete(self, order: Order, webhook_id: str, now: datetime) -> WebhookFault | None:
        """Removes a webhook and everything that is on its way to it."""
        ...

    async def rotate(
        self, order: Order, webhook_id: str, secret: bytes, until: datetime, now: datetime
    ) -> Webhook | WebhookFault:
        """Adds a secret; those before end at `until` at the latest."""
        ...

    async def replay(self, order: Order, webhook_id: str, what: From, now: datetime) -> Webhook | WebhookFault:
        """Has something sent again."""
        ...

    async def deliveries(self, platform: str, webhook_id: str, token: str, limit: int) -> Sequence[Delivery] | None:
        """Returns deliveries behind the event that `token` names, newest first; None when `token` names none."""
        ...

    async def secrets(self, platform: str, webhook_id: str, now: datetime) -> Sequence[bytes]:
        """Returns the secrets that are good at `now`, newest first."""
        ...

    async def tested(self, order: Order) -> Attempt | None:
        """Returns what came of a test that was asked for before by the same request."""
        ...

    async def record_test(self, order: Order, webhook_id: str, attempt: Attempt, now: datetime) -> None:
        """Keeps what came of a test."""
        ...


class Post(Protocol):
    """The way to a receiver."""

    async def send(self, address: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Attempt:
        """Posts once and returns what came of it, within `seconds`. Never raises for the other end."""
        ...
