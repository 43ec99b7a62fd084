"""What a campaign will come to, and whether everybody is asked in time. Pure.

An account is in a lawful state when it is verified or may only read, and ending a transition takes a moment. So what
takes time is asking everybody: a forecast is in time when the last step of the ladder lies before the end of the term,
counted cautiously.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.backfill.domain.campaign import TargetState
from xacthuc.backfill.domain.simulation import HOUR, Simulation
from xacthuc.policy import dates

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from xacthuc.backfill.domain.campaign import Campaign
    from xacthuc.backfill.domain.classes import AccountClass
    from xacthuc.backfill.domain.crowd import Response

    Counts = Mapping[tuple[AccountClass, bool], int]

_LONGEST: Final = timedelta(days=730)
"""Beyond it nobody plans; the sum is broken off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What happens on a day, in Vietnam, and how everybody stands at its end."""

    day: date
    told: int
    notices: Mapping[str, int]
    """By provider."""
    vnd: int
    verified: int
    """In all."""
    asked: int
    """In all, who climbed the whole ladder in vain."""
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a campaign comes to, if people answer as assumed."""

    accounts: int
    """That are asked."""
    finish: datetime | None
    """When the last step is done; None when it never is."""
    held: tuple[int, ...]
    """Waves that would be held, since fewer answer than they have to."""
    notices: Mapping[str, int]
    vnd_by_provider: Mapping[str, int]
    vnd: int
    verified: int
    days: tuple[Day, ...] = field(repr=False)
    """Until everybody is asked, also where that is behind the end of the term."""

    def in_time(self, end: datetime) -> bool:
        """Whether everybody is asked before `end`."""
        return self.finish is not None and self.finish < end

    def verified_by(self, last_day: date) -> int:
        """Returns how many are verified at the end of a day."""
        return max((each.verified for each in self.days if each.day <= last_day), default=0)


def forecast(campaign: Campaign, counts: Counts, response: Response, *, step: timedelta = HOUR) -> Forecast:
    """Plays a campaign through until everybody is asked, beyond the end of its term if need be."""
    days: list[Day] = []
    notices, told, held = Counter[str](), 0, set[int]()
    finish: datetime | None = None
    by_day = Counter[str]()
    idle = False
    for hour in Simulation(replace(campaign, end=campaign.begin + _LONGEST), counts, response, step=step).hours():
        finish = hour.time if hour.acts else finish
        told += sum(act.count for act in hour.acts) - sum(hour.carried.values())
        by_day.update(hour.carried)
        held |= {number for number, _ in hour.held}
        states, idle = hour.states, hour.idle
        if idle or dates.local_date(hour.time + step) != dates.local_date(hour.time):
            days.append(
                Day(
                    day=dates.local_date(hour.time),
                    told=told,
                    notices={each.name: by_day[each.name] for each in campaign.providers},
                    vnd=hour.purse.today_vnd,
                    verified=states.get(TargetState.VERIFIED, 0),
                    asked=states.get(TargetState.ASKED, 0),
                    open=states.get(TargetState.OPEN, 0),
                )
            )
            notices.update(by_day)
            told, by_day = 0, Counter()
    prices = {each.name: each.cost_vnd for each in campaign.providers}
    return Forecast(
        accounts=days[-1].open + days[-1].verified + days[-1].asked,
        finish=finish if idle and days[-1].open == 0 else None,
        held=tuple(sorted(held)),
        notices={name: notices[name] for name in prices},
        vnd_by_provider={name: notices[name] * price for name, price in prices.items()},
        vnd=sum(day.vnd for day in days),
        verified=days[-1].verified,
        days=tuple(days),
    )
