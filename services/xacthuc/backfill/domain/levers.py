"""What to change so that everybody is asked in time, with numbers. Pure.

Each lever is tried for itself. The search reckons by days, which is quick; what it finds is tried hour by hour before
anybody is told of it.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from xacthuc.backfill.domain.campaign import NO_CAP, TargetState
from xacthuc.backfill.domain.simulation import DAY, HOUR, Simulation

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.backfill.domain.campaign import Campaign
    from xacthuc.backfill.domain.crowd import Response
    from xacthuc.backfill.domain.forecast import Counts

_EARLIEST_DAYS: Final = 365
_FAST: Final = 100_000.0
"""Notices a second, of each provider: as good as no pace."""
_CLOSE: Final = 1.02
"""Between what is enough and what is not, where the search ends."""
_TRIES: Final = 10
"""How often what was found by days is raised until it is enough by hours."""
_SIGNIFICANT: Final = 3
"""Figures of a number that is recommended."""


class Lever(StrEnum):
    """What can be changed so that a term is met."""

    VND_PER_DAY = "VND_PER_DAY"
    NOTICES_PER_DAY = "NOTICES_PER_DAY"
    PACE = "PACE"
    """Notices a second, of all providers together."""
    BEGIN = "BEGIN"
    """Days earlier."""
    WAVES = "WAVES"
    """How many of the ladder's first waves."""
    EVERYTHING = "EVERYTHING"
    """Notices a day with money and pace to match, where none of them alone is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The smallest change of one lever by which everybody is asked in time."""

    lever: Lever
    now: float
    needed: float


def changes(campaign: Campaign, counts: Counts, response: Response) -> list[Change]:
    """Returns by what the term would be met, each lever for itself; the joint one where no sending lever does alone."""
    search, budget = _Search(campaign, counts, response), campaign.budget
    boundless = replace(budget, vnd_per_day=NO_CAP, vnd=NO_CAP, notices_per_day=NO_CAP)
    free = _paced(replace(campaign, budget=boundless), _FAST * len(campaign.providers))
    pace = math.ceil(sum(each.per_second for each in campaign.providers))
    found = [
        search.least(Lever.VND_PER_DAY, budget.vnd_per_day, partial(_with, campaign, "vnd_per_day")),
        search.least(Lever.NOTICES_PER_DAY, budget.notices_per_day, partial(_with, campaign, "notices_per_day")),
        search.least(Lever.PACE, pace, partial(_paced, campaign)),
    ]
    if not any(found):
        found = [
            search.least(Lever.EVERYTHING, max(budget.notices_per_day, 1), partial(_with, free, "notices_per_day"))
        ]
    return [each for each in (*found, search.earlier(), search.fewer()) if each is not None]


class _Search:
    """Looks for the least that is enough."""

    def __init__(self, campaign: Campaign, counts: Counts, response: Response) -> None:
        self._campaign, self._counts, self._response = campaign, counts, response

    def least(self, lever: Lever, at: int, change: Callable[[int], Campaign]) -> Change | None:
        """Returns how far above `at` a figure has to be; None when 1000 times as much is not enough, or nothing bounds it."""
        low, high = max(at, 1), 1000 * max(at, 1)
        if at == NO_CAP or not self._in_time(change(high)):
            return None
        while high > low * _CLOSE:
            middle = math.isqrt(low * high)
            low, high = (low, middle) if self._in_time(change(middle)) else (middle, high)
        return self._settled(lever, at, high, change)

    def earlier(self) -> Change | None:
        """Returns how many days earlier to begin."""
        low, high = 0, _EARLIEST_DAYS
        if not self._in_time(self._begun(high)):
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._in_time(self._begun(middle)) else (middle, high)
        return self._settled(Lever.BEGIN, 0, high, self._begun)

    def fewer(self) -> Change | None:
        """Returns how many waves can be done."""
        ladder = self._campaign.ladder
        for waves in range(len(ladder) - 1, 0, -1):
            if self._in_time(replace(self._campaign, ladder=ladder[:waves]), step=HOUR):
                return Change(lever=Lever.WAVES, now=len(ladder), needed=waves)
        return None

    def _begun(self, days_earlier: int) -> Campaign:
        return replace(self._campaign, begin=self._campaign.begin - timedelta(days=days_earlier))

    def _settled(self, lever: Lever, at: int, needed: int, change: Callable[[int], Campaign]) -> Change | None:
        for _ in range(_TRIES):
            needed = _rounded_up(needed)
            if self._in_time(change(needed), step=HOUR):
                return Change(lever=lever, now=at, needed=needed)
            needed = math.ceil(needed * _CLOSE)
        return None

    def _in_time(self, tried: Campaign, *, step: timedelta = DAY) -> bool:
        """Whether everybody is asked, and had the time to answer, before the term is over."""
        last = deque(Simulation(tried, self._counts, self._response, step=step).hours(), maxlen=1).pop()
        return last.idle and not last.states.get(TargetState.OPEN)


def _with(campaign: Campaign, cap: str, to: int) -> Campaign:
    caps: dict[str, Any] = {cap: to}
    return replace(campaign, budget=replace(campaign.budget, **caps))


def _paced(campaign: Campaign, pace: float) -> Campaign:
    """Returns the campaign with providers that carry so many notices a second together, in their proportion."""
    factor = pace / sum(each.per_second for each in campaign.providers)
    providers = (replace(each, per_second=each.per_second * factor) for each in campaign.providers)
    return replace(campaign, providers=tuple(providers))


def _rounded_up(number: int) -> int:
    unit: int = 10 ** max(0, len(str(number)) - _SIGNIFICANT)
    return -(-number // unit) * unit
