"""Accounts that are made read-only by what two people agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from xacthuc.backfill.domain.campaign import TargetState
    from xacthuc.backfill.domain.classes import AccountClass
    from xacthuc.backfill.domain.lifecycle import Bar
    from xacthuc.backfill.domain.restriction import Approved, Ended, Restored, RestrictionState
    from xacthuc.order import Order


class Group(NamedTuple):
    """Accounts that lack the same and were asked alike."""

    account_class: AccountClass
    state: TargetState
    accounts: int
    unasked: int


class Graces(NamedTuple):
    """How many accounts have a grace that is running."""

    accounts: int
    last_end: datetime | None
    """When the last of them ends; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Whom a restriction would be about at an instant."""

    platform: str
    name: str
    as_of: datetime
    groups: Sequence[Group]
    graces: Graces | None = None
    """What identity says of them; None when it did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """What one approval restricts of a campaign, and how far that has come."""

    approval: str
    state: RestrictionState
    accounts: int
    as_of: datetime
    create_time: datetime
    end_time: datetime | None = None
    taken: int = 0
    ended: int = 0
    restored: int = 0
    reason: str = ""


class Restrictions(Protocol):
    """Where they are kept. Each write, its entry in the trail and the job that does it are one commit."""

    async def preview(self, platform: str, name: str, now: datetime) -> Preview | Bar | None:
        """Counts whom a restriction would be about; None when there is no such campaign."""
        ...

    async def unverified(self, platform: str, name: str, now: datetime, after: str, limit: int) -> Sequence[str]:
        """Returns accounts that it would be about, by id, behind one."""
        ...

    async def begin(
        self, order: Order, name: str, approval: str, approved: Approved, now: datetime
    ) -> Restriction | Bar | None:
        """Has accounts restricted, once for the approval; None when there is no such campaign."""
        ...

    async def undo(self, order: Order, name: str, approval: str, reason: str, now: datetime) -> Restriction | None:
        """Has them given back what was taken, once; None when the approval restricted nothing of such a campaign."""
        ...


class Agreements(Protocol):
    """What identity knows of approvals, and of what they would end."""

    async def graces(self, platform: str, account_ids: Sequence[str]) -> Graces:
        """Counts those that are running; raises what identity says otherwise."""
        ...

    async def approved(self, platform: str, approval: str) -> Approved:
        """Returns what two people agreed to; raises what identity says otherwise."""
        ...


class Transitions(Protocol):
    """Transitions of accounts, at identity. The same accounts may come any number of times."""

    async def end(self, platform: str, approval: str, account_ids: Sequence[str], request_id: UUID) -> Sequence[Ended]:
        """Ends them by an approval; says what became of each, and raises what identity says otherwise."""
        ...

    async def restore(
        self, platform: str, approval: str, account_ids: Sequence[str], reason: str, request_id: UUID
    ) -> Sequence[Restored]:
        """Gives back what the approval ended, which ends nothing any more; says what became of each."""
        ...
