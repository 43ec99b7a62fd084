"""Which send a receipt belongs to, and what happens when it does not come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from xacthuc.otp.delivery.ports.holdings import Tenure
    from xacthuc.otp.delivery.ports.providers import Receipt


@dataclass(frozen=True, slots=True)
class Target:
    """The send a receipt belongs to."""

    partition: int
    bulk: bool
    id: str
    send: int
    channel: int
    """By which the provider sent it."""
    trace: str = ""
    """The `traceparent` of the request to the provider, when that is traced."""


class ReceiptBook(Protocol):
    """Which message of a provider belongs to which send. Either side may come first; the other finds it."""

    async def link(self, provider: str, message_id: str, target: Target) -> Receipt | None:
        """Remembers whom receipts of a message are for; returns the receipt that came before, if any."""
        ...

    async def find(self, provider: str, receipt: Receipt) -> Target | None:
        """Returns whom a receipt is for, or keeps it until that is known."""
        ...

    async def apply(self, provider: str, target: Target, receipt: Receipt, now_ms: int) -> int | None:
        """Records it once; returns when the message was queued, in milliseconds, None when it was known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """A code whose receipt did not come in time, or said that it failed."""

    partition: int
    id: str
    send: int
    provider: str
    """Who took it."""
    channel: int
    """By which it was sent last."""
    used: frozenset[str]
    """Everybody who took it, or may have."""


class Deadlines(Protocol):
    """Until when receipts are waited for. Both raise StoreUnavailable."""

    async def overdue(self, tenures: Collection[Tenure], now_ms: int) -> list[tuple[Tenure, Overdue]]:
        """Returns what is overdue in these partitions, a bounded number of each, the longest overdue first."""
        ...

    async def resolve(self, tenure: Tenure, overdue: Overdue, now_ms: int, *, others: bool) -> bool:
        """Ends the waiting, once, and queues the same send again when there are `others` to ask and it is of use.

        Tells whether it was queued. It is of no use when the challenge has ended or was sent anew, when a receipt came
        meanwhile, or when all copies that a message may have are spent.
        """
        ...
