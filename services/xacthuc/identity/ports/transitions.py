"""Graces of the law that are ended before their time, and given back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.grace import Ended, Restored, TransitionBar


class Running(NamedTuple):
    """How many graces are running."""

    accounts: int
    last_end: datetime | None
    """When the last of them ends."""


class Transitions(Protocol):
    """Each change is one commit, with its entries in the trail and its events. The same accounts may come again."""

    async def running(self, platform: str, account_ids: Sequence[str], now: datetime) -> Running:
        """Counts the graces of accounts that end later than `now`."""
        ...

    async def end(
        self, order: Order, approval_id: str, account_ids: Sequence[str], now: datetime
    ) -> Sequence[Ended] | TransitionBar:
        """Ends the grace of accounts by an approval, of no more than it is about; says what became of each."""
        ...

    async def restore(
        self, order: Order, approval_id: str, account_ids: Sequence[str], reason: str, now: datetime
    ) -> Sequence[Restored] | TransitionBar:
        """Gives back what the approval ended, and lets nothing be ended by it any more; says what became of each."""
        ...
