"""Locks, and the violations that cause them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.lifecycle import Bar
    from xacthuc.identity.domain.violations import RemovalOrder
    from xacthuc.identity.ports.numbers import Settled


@dataclass(frozen=True, slots=True, kw_only=True)
class ViolationRecord:
    """A violation as it is on record."""

    id: int
    removal: RemovalOrder
    violate_time: datetime
    record_time: datetime
    locked: bool
    """Whether it was counted for a lock."""
    withdraw_time: datetime | None
    withdraw_basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRecord:
    """A lock on one account as it is on record."""

    account_id: str
    basis: str
    create_time: datetime
    expire_time: datetime | None
    lift_time: datetime | None
    lift_basis: str
    bound_to: str
    """The account that was locked, when this one follows as the same person's; else empty."""


class Locks(Protocol):
    """Locks, each put on or lifted in one commit and once per request id. None when there is no such account."""

    async def lock(
        self, order: Order, account_id: str, basis: str, expire_time: datetime | None, now: datetime
    ) -> Settled | Bar | None:
        """Locks an account and every other one of the same person; without `expire_time` until it is lifted."""
        ...

    async def unlock(self, order: Order, account_id: str, basis: str, now: datetime) -> Settled | Bar | None:
        """Lifts every lock that binds the account, on every account that it binds."""
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
    """Reading what is on record of locks and violations."""

    async def locks(self, platform: str, account_id: str, after: int, limit: int) -> Sequence[LockRecord]:
        """Returns the locks of an account, or with an empty id those that hold on the platform."""
        ...

    async def violations(self, platform: str, account_id: str) -> Sequence[ViolationRecord]:
        """Returns an account's violations, latest first, withdrawn ones too."""
        ...
