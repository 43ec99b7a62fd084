"""A campaign: who is asked to make an account lawful, how often, when, for how much, and how far it has come. Values.

    ladder    waves, one after the other for each account: an event in the platform's own application first, and for who
              has not acted on it a notice to the number, without a code and without an address
    canary    a small share of all accounts that enters each wave first; the others follow when it did well
    budget    what notices may cost and how many there may be, a day and in all, and to one person

Storage, and when it is looked at, are not its business; `actions` decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from xacthuc.backfill.domain.classes import AccountClass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from xacthuc.policy import DeliveryChannel
    from xacthuc.policy.hours import Hours

NO_CAP: Final = -1
SPOTS: Final = 10_000
"""An account's spot is drawn from so many, once and for all: the same accounts are the canary of each wave."""

TEMPLATES: Final[Mapping[AccountClass, str]] = MappingProxyType(
    {
        AccountClass.NEEDS_DETAILS: "details_due",
        AccountClass.NEEDS_PHONE: "verification_due",
        AccountClass.NEEDS_PERSONAL_ID: "personal_id_due",
        AccountClass.NEEDS_GUARDIAN: "guardian_due",
        AccountClass.MUST_NOT_SELL: "guardian_due",
        AccountClass.UNREACHABLE: "verification_due",
    }
)
"""Whom a campaign asks, and the notice that says what they lack: the policy has its words, a platform may have its own.
To children's accounts none is sent (`classes.OF_CHILDREN`)."""


class CampaignState(StrEnum):
    """Where a campaign stands. The contract carries the same names."""

    PREPARED = "PREPARED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    """Goes on when somebody resumes it."""
    KILLED = "KILLED"
    """Never goes on."""
    ENDED = "ENDED"
    """Its time is over, or everybody was asked."""


class Step(StrEnum):
    """What is done about an account in a wave, in this order."""

    EVENT = "EVENT"
    """The platform is told to ask on its own screens, which costs nothing."""
    NOTICE = "NOTICE"
    """A message to the number."""


class WaveState(StrEnum):
    """Where a wave stands."""

    CANARY = "CANARY"
    """Only the canary enters it."""
    OPEN = "OPEN"
    HELD = "HELD"
    """Nobody enters it, and no notice of it is sent, until a person has looked and resumed it."""


class HoldReason(StrEnum):
    """Why a wave was held without anybody saying so."""

    FEW_VERIFIED = "FEW_VERIFIED"
    UNDELIVERED = "UNDELIVERED"


class TargetState(StrEnum):
    """Where an account stands."""

    OPEN = "OPEN"
    VERIFIED = "VERIFIED"
    """It lacks nothing any more."""
    GONE = "GONE"
    """Closed, deleted, or locked: it is asked nothing."""
    ASKED = "ASKED"
    """The whole ladder was climbed in vain."""
    RESTRICTED = "RESTRICTED"
    """Its transition was ended, so that it may only read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """One rung of the ladder."""

    after_days: float
    """Since the last step of the wave before; of the first, since the campaign began."""
    notice_after_days: float = 2.0
    """How long the event is left to work before a notice follows."""
    notice: bool = True
    """Whether one follows at all."""
    least_verified_percent: float = 0.0
    """Of the accounts that entered it; below, it is held."""

    def __post_init__(self) -> None:
        """Refuses waits that are none."""
        if self.after_days < 0 or self.notice_after_days < 0:
            raise ValueError("after_days, notice_after_days: write numbers from 0 on")
        if not 0 <= self.least_verified_percent <= 100:  # noqa: PLR2004 - percent
            raise ValueError("least_verified_percent: write 0 to 100")


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """Who enters a wave first, and what has to be seen of them."""

    percent: float
    """Of all accounts; 0 for none, so that each wave is open at once."""
    watch_hours: float
    """How long a step is left to work before it is judged by, or an account counts as asked in vain."""
    least: int
    """Accounts, below which nothing is concluded of them."""
    most_failed_percent: float
    """Of the notices whose end is known; above, the wave is held."""

    def __post_init__(self) -> None:
        """Refuses shares that are none."""
        if not (0 <= self.percent <= 100 and 0 <= self.most_failed_percent <= 100):  # noqa: PLR2004 - percent
            raise ValueError("percent, most_failed_percent: write 0 to 100")
        if self.watch_hours < 0 or self.least < 1:
            raise ValueError("watch_hours, least: write hours from 0 and accounts from 1 on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a campaign may cost and send; NO_CAP where nothing bounds it."""

    vnd_per_day: int
    """From one midnight in Vietnam to the next."""
    vnd: int = NO_CAP
    """In all."""
    notices_per_day: int = NO_CAP
    """The same days."""
    person_notices: int
    """To one number in all, however many accounts stand on it."""
    person_gap_days: float
    """Between two notices to one number."""

    def __post_init__(self) -> None:
        """Refuses what could be mistaken for a cap."""
        if min(self.vnd_per_day, self.vnd, self.notices_per_day) < NO_CAP:
            raise ValueError("vnd_per_day, vnd, notices_per_day: write a number from 0 on, or -1 for no cap")
        if self.person_notices < 1 or self.person_gap_days < 1:
            raise ValueError("person_notices, person_gap_days: write numbers from 1 on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who carries notices: the pace that is kept and the price that is reckoned with."""

    name: str
    channel: DeliveryChannel
    cost_vnd: int
    """Of the dearest message, so that no bill exceeds the budget."""
    per_second: float
    weight: int = 100
    """How much of the notices it gets, in relation to the others, while its pace allows."""

    def __post_init__(self) -> None:
        """Refuses figures nothing could be computed with."""
        if self.cost_vnd < 0 or self.per_second <= 0 or self.weight < 1:
            raise ValueError("cost_vnd, per_second, weight: write a price from 0, a pace above 0, a weight from 1 on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What was decided before the first message."""

    campaign_id: UUID
    begin: datetime
    end: datetime
    """From then on nothing is sent: the end of the term, cautiously counted."""
    hours: Hours
    ladder: tuple[Wave, ...]
    canary: Canary
    budget: Budget
    providers: tuple[Provider, ...]

    def __post_init__(self) -> None:
        """Refuses a campaign that could ask nobody."""
        if not self.ladder or not self.providers:
            raise ValueError("ladder, providers: name one at least")
        if self.begin >= self.end:
            raise ValueError("begin: lies behind the end of the term")

    @property
    def dearest_vnd(self) -> int:
        """The price that is set aside for each notice: which provider will carry it is for delivery to say."""
        return max(provider.cost_vnd for provider in self.providers)

    def request_id(self, wave: int, account_id: str) -> UUID:
        """Returns the id of what an account is asked in a wave: the same however often it is asked for.

        Event and notice share it, since they go to different services.
        """
        return uuid5(self.campaign_id, f"{wave}/{account_id}")

    def ripe_after(self, wave: int) -> timedelta:
        """Returns how long after its event of a wave an account says something about the wave."""
        rung = self.ladder[wave - 1]
        wait = timedelta(days=rung.notice_after_days) if rung.notice else timedelta(0)
        return wait + timedelta(hours=self.canary.watch_hours)

    def is_canary(self, target: Target) -> bool:
        """Tells whether an account enters each wave first."""
        return target.spot < self.canary.percent * SPOTS / 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An account as far as a campaign has come with it."""

    account_id: str = field(repr=False)
    account_class: AccountClass
    spot: int
    """Drawn from `SPOTS`."""
    person: str = field(default="", repr=False)
    """What stands for its number, the same for all accounts on it; empty when no notice can go anywhere."""
    state: TargetState = TargetState.OPEN
    wave: int = 0
    """The last wave that it entered, from 1 on; 0 before the first."""
    step: Step | None = None
    """What was done last in that wave."""
    step_time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What was sent to one number, whatever accounts it was about."""

    notices: int = 0
    last_time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveProgress:
    """What is known of a wave. Of the canary alone while only that entered it; else of all since it was opened last."""

    state: WaveState = WaveState.CANARY
    ripe: int = 0
    """Accounts that had their event `Campaign.ripe_after` ago or earlier, and are not GONE."""
    verified: int = 0
    """Of these: how many lack nothing any more."""
    ended: int = 0
    """Notices whose end is known: delivered or failed."""
    failed: int = 0
    canary_left: int = 0
    """Accounts of the canary that are OPEN and have not entered the wave, or not long enough ago to be ripe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """What was spent: at `Campaign.dearest_vnd` while a notice is on its way, at its own afterwards."""

    today_vnd: int = 0
    vnd: int = 0
    today_notices: int = 0
