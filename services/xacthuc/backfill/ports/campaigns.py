"""Campaigns, and whom they are about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from xacthuc.audit.tags import Tag
    from xacthuc.backfill.domain.campaign import Campaign, CampaignState, TargetState, WaveState
    from xacthuc.backfill.domain.classes import AccountClass
    from xacthuc.backfill.domain.lifecycle import Bar, Change
    from xacthuc.backfill.ports.restrictions import Restriction
    from xacthuc.order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A campaign as it is kept."""

    platform: str
    name: str
    """Its id among those of the platform."""
    state: CampaignState
    plan: Campaign
    create_time: datetime
    start_time: datetime | None = None
    close_time: datetime | None = None
    reason: str = ""
    """Why an operator paused, resumed or ended it last."""
    erased: int = 0
    """Accounts that were erased since they were added."""
    trace: str | None = None
    """The `traceparent` of the call that started it, when that was recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTarget:
    """An account that is added to a campaign."""

    account_id: str = field(repr=False)
    account_class: AccountClass
    number: str = field(default="", repr=False)
    """In E.164; empty when no notice can go anywhere."""


class Standing(NamedTuple):
    """How many accounts of a class stand somewhere."""

    account_class: AccountClass
    state: TargetState
    accounts: int


class WaveFigures(NamedTuple):
    """What came of a wave."""

    wave: int
    state: WaveState
    hold_reason: str
    events: int
    notices: int
    verified: int
    delivered: int
    failed: int


class Carried(NamedTuple):
    """What a provider carried."""

    provider: str
    """Empty for what is on its way, or was never heard of."""
    notices: int
    delivered: int
    failed: int
    vnd: int


class Day(NamedTuple):
    """What a day cost, and what it came to."""

    day: date
    notices: int
    vnd: int
    verified: int
    """Accounts that have lacked nothing since that day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A campaign with what became of how many accounts."""

    kept: Kept
    standings: Sequence[Standing]
    waves: Sequence[WaveFigures]
    days: Sequence[Day]
    carried: Sequence[Carried]
    reachable: int
    """Accounts to whose number a notice could be sent."""
    restrictions: Sequence[Restriction] = ()

    @property
    def accounts(self) -> int:
        """How many were added."""
        return sum(standing.accounts for standing in self.standings) + self.kept.erased


class Campaigns(Protocol):
    """Where campaigns are kept. Each write, its entry in the trail and its answer are one commit."""

    async def create(self, order: Order, new: Kept) -> Kept | None:
        """Keeps a new campaign; None when the platform has one of that name."""
        ...

    async def change(
        self,
        order: Order,
        name: str,
        decide: Callable[[Figures], Change | Bar],
        now: datetime,
        *,
        tag: Tag,
        reason: str,
    ) -> Kept | Bar | None:
        """Writes what `decide` makes of a campaign under its lock, once for the order; None when there is no such one."""
        ...

    async def add(self, order: Order, name: str, added: Sequence[NewTarget], now: datetime) -> int | Bar | None:
        """Adds accounts to a campaign that is PREPARED; returns how many were not in it, None when there is no such one."""
        ...

    async def survey(self) -> None:
        """Gets ready to look up single accounts among all that were added."""
        ...

    async def figures(self, platform: str, name: str) -> Figures | None:
        """Counts what became of a campaign's accounts."""
        ...

    async def page(self, platform: str, after: str, limit: int) -> list[Kept]:
        """Returns a platform's campaigns behind a name, by name."""
        ...
