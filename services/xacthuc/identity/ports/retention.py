"""Legal holds, the evidence of erasures, and how retention stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.duties import Duty
    from xacthuc.identity.domain.export import Export
    from xacthuc.identity.domain.retention import Cause, Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOrder:
    """What a hold rests on."""

    authority: str
    legal_basis: str
    reference: str
    """Of the written order, in the authority's own files."""
    review_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView:
    """A hold as it stands."""

    platform: str
    hold_id: str
    order: HoldOrder
    accounts: int
    """How many it holds."""
    place_time: datetime
    place_actor: str
    release_time: datetime | None
    release_basis: str
    release_actor: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A hold, and which accounts of a list it could not hold: not registered, or their destruction had begun."""

    hold: HoldView
    not_held: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Another service's word that it erased."""

    service: str
    due_time: datetime
    acknowledge_time: datetime | None
    keep_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What became of one erasure, so far."""

    platform: str
    account_id: str = field(repr=False)
    cause: Cause
    want_time: datetime
    seal_time: datetime | None
    key_time: datetime | None
    begin_time: datetime | None
    end_time: datetime | None
    complete_time: datetime | None
    due_time: datetime | None
    """When the rest is destroyed; None once it is, and while a hold without an end keeps it."""
    destroyed: Mapping[str, int]
    """Rows by table."""
    acknowledgements: tuple[Acknowledgement, ...]


class Held(NamedTuple):
    """An account that a hold stands on."""

    platform: str
    account_id: str


class Holds(Protocol):
    """Legal holds. All writes are once per request id."""

    async def place(self, order: Order, wanted: HoldOrder, accounts: Sequence[str], now: datetime) -> Placed | None:
        """Holds what there is of `accounts`; None when there is no such platform."""
        ...

    async def extend(self, order: Order, hold_id: str, accounts: Sequence[str], now: datetime) -> Placed | None:
        """Adds accounts to a hold that stands; None when there is none by that id."""
        ...

    async def release(self, order: Order, hold_id: str, basis: str, now: datetime) -> HoldView | None:
        """Ends a hold; what came due under it is destroyed at once. One that has ended stays as it is."""
        ...

    async def page(self, platform: str, after: str, limit: int) -> list[HoldView]:
        """Returns up to `limit` holds behind the one called `after`, newest first."""
        ...

    async def accounts(self, after: Held, limit: int) -> list[Held]:
        """Returns up to `limit` accounts of any platform that a hold stands on, each once, behind `after`, in order."""
        ...


class OwedErasure(NamedTuple):
    """An erasure that waits for a service's word."""

    number: int
    """They rise with the order in which erasures were wanted."""
    platform: str
    account_id: str
    erased: bool
    """Whether everything is erased here."""
    purge_time: datetime | None
    """Until when the rest is kept here; None once everything is erased."""


class Evidence(Protocol):
    """The evidence of erasures."""

    async def acknowledge(
        self, order: Order, account_id: str, service: str, keep_until: datetime | None, now: datetime
    ) -> Acknowledgement | None:
        """Keeps a service's word about the newest erasure of an account; None when there is none.

        A repetition is answered as it was, and says nothing of an erasure that came after it. RequestIdReused for the id
        of another service.
        """
        ...

    async def owed(self, service: str, after: int, limit: int) -> list[OwedErasure]:
        """Returns the erasures behind a number that a service was asked for and said nothing of since."""
        ...

    async def erasures(self, order: Order, account_id: str, now: datetime) -> Sequence[Erasure]:
        """Returns the erasures of an account, oldest first, and has on record that somebody asked."""
        ...

    def statement(self, platform: str, account_id: str, erasures: Sequence[Erasure], now: datetime) -> str:
        """Returns them as a signed statement."""
        ...


class Exports(Protocol):
    """Everything that is held on one account."""

    async def export(self, order: Order, account_id: str, now: datetime) -> Export | None:
        """Returns it in clear, and has on record that somebody asked; None when there is no such account."""
        ...


class Retention(Protocol):
    """How retention stands."""

    async def figures(self, now: datetime) -> tuple[Sequence[Figure], Mapping[Duty, int]]:
        """Returns what is kept too long or held, by kind, and what is overdue, by duty."""
        ...
