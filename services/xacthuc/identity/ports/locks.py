"""Locks, and the violations that cause them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from xacthuc.identity.commands import OnRecord, Order
    from xacthuc.identity.domain.lifecycle import Bar
    from xacthuc.identity.domain.locks import LockRecord
    from xacthuc.identity.domain.violations import RemovalOrder, ViolationRecord
    from xacthuc.identity.ports.numbers import Settled


class Locks(Protocol):
    """Locks, each put on or lifted in one commit and once per request id. None when there is no such account."""

    async def lock(
        self,
        order: Order,
        account_id: str,
        basis: str,
        expire_time: datetime | None,
        now: datetime,
        *,
        approval: str | None = None,
    ) -> Settled | Bar | None:
        """Locks an account and every other one of the same person; without `expire_time` until it is lifted.

        `approval` is the id of what two people granted it by, if it took two.
        """
        ...

    async def unlock(
        self, order: Order, account_id: str, basis: str, now: datetime, *, grant_time: datetime | None = None
    ) -> Settled | Bar | None:
        """Lifts the locks that bind the account, on every account that they bind, but for those that took two people.

        With `grant_time`, when two people agreed to it: those as well, of the locks that bound the account by then.
        """
        ...


class Violations(Protocol):
    """Violations, each recorded or withdrawn in one commit with what follows. None when there is no such account."""

    async def record(
        self, order: Order, account_id: str, removal: RemovalOrder, violate_time: datetime, now: datetime
    ) -> Settled | Bar | None:
        """Counts a violation, and locks the account when those that were counted for no lock add up to one."""
        ...

    async def withdraw(
        self, order: Order, account_id: str, violation_id: int, basis: str, now: datetime
    ) -> Settled | Bar | None:
        """Takes a violation off the record, and lifts the lock it was counted for unless others still carry that."""
        ...


class LockList(Protocol):
    """What is on record of an account, newest first; None when there is no such account."""

    async def locks(self, asked: OnRecord, *, ended: bool, now: datetime) -> tuple[Sequence[LockRecord], str] | None:
        """Returns locks, with `ended` also those that are over, and what to ask the next page with; empty at the end."""
        ...

    async def violations(self, asked: OnRecord) -> tuple[Sequence[ViolationRecord], str] | None:
        """Returns violations, also withdrawn ones, and what to ask the next page with; empty at the end."""
        ...
