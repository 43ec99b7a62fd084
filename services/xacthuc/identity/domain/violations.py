"""Violations that authorities demanded the removal of, and the locks they add up to (R46). Pure.

A violation counts from its day in Vietnam and for as many days more as the rule has: a term leaves out its first day (R9,
Civil Code Art. 147). Days, not instants, are compared, so that the order in which violations are told does not matter
within a day. Each is counted for one lock: those that a lock answers for are spent, and the next lock needs as many new
ones. A violation that was recorded by mistake and is withdrawn gives the others of its lock back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from xacthuc.policy.dates import deadline, end_of_day, local_date

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from xacthuc.policy.sections import Locks


class Authority(StrEnum):
    """Who demanded the removal. The contract carries the same names; `ministries` of the policy says who that is."""

    SOCIAL_NETWORKS = "SOCIAL_NETWORKS"
    CYBERSECURITY = "CYBERSECURITY"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalOrder:
    """What an authority demanded the removal of something by."""

    authority: Authority
    order_number: str
    national_security: bool
    """Whether it says that the content infringes national security."""


class ViolationState(StrEnum):
    """What a violation still counts for. The contract carries the same names."""

    STANDING = "STANDING"
    SPENT = "SPENT"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViolationRecord:
    """A violation with all that is on record of it."""

    id: int
    account_id: str = field(repr=False)
    removal: RemovalOrder
    violate_time: datetime
    record_time: datetime
    lock_id: str | None
    approval: str
    """The permanent lock that was proposed for it; empty for none."""
    withdraw_time: datetime | None
    withdraw_basis: str

    @property
    def state(self) -> ViolationState:
        """What it still counts for."""
        if self.withdraw_time is not None:
            return ViolationState.WITHDRAWN
        return ViolationState.STANDING if self.lock_id is None else ViolationState.SPENT


class Violation(NamedTuple):
    """One that stands."""

    id: int
    violate_time: datetime
    lock_id: str | None
    """The lock that it was counted for."""
    national_security: bool = False
    """Whether its order says so."""


@dataclass(frozen=True, slots=True)
class Due:
    """A lock that violations add up to."""

    spent: frozenset[int]
    """The violations it answers for."""
    days: int
    """Within how many days they lie."""


def due(violations: Collection[Violation], rules: Locks) -> Due | None:
    """Returns the lock that those add up to which were counted for none; None when they add up to none."""
    unspent = sorted((local_date(each.violate_time), each.id) for each in violations if each.lock_id is None)
    for count, days in ((rules.frequent_count, rules.frequent_days), (rules.repeated_count, rules.repeated_days)):
        for first, _ in unspent:
            last = first + timedelta(days=days)
            within = frozenset(violation for day, violation in unspent if first <= day <= last)
            if len(within) >= count:
                return Due(within, days)
    return None


def expire_time(now: datetime, rules: Locks) -> datetime:
    """Returns when a temporary lock that begins now ends: at 24:00 of its last day in Vietnam."""
    return end_of_day(deadline(local_date(now), rules.temporary_days))


def is_permanent_proposed(violations: Collection[Violation], lock_id: str, rules: Locks) -> bool:
    """Whether the lock that some were just counted for is one with which a permanent one is proposed."""
    return len(_locks_of(violations) | {lock_id}) >= rules.permanent_from


def is_permanent_called_for(violations: Collection[Violation], rules: Locks) -> bool:
    """Whether those that stand still bear out the proposal of a permanent lock."""
    by_order = any(each.national_security for each in violations)
    return by_order or len(_locks_of(violations)) >= rules.permanent_from


def still_due(violations: Collection[Violation], lock_id: str, rules: Locks) -> Due | None:
    """Returns what a lock answers for now that a violation of it is withdrawn; None when nothing carries it any more.

    `violations` are those that stand. What is left of the lock's own, with what was counted for none, may still add up.
    """
    freed = [each._replace(lock_id=None) if each.lock_id == lock_id else each for each in violations]
    return due(freed, rules)


def _locks_of(violations: Collection[Violation]) -> set[str]:
    return {each.lock_id for each in violations if each.lock_id}
