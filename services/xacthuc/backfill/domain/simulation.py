"""A campaign played through hour by hour, with people who answer as assumed. Pure: the rules are those of `actions`.

Accounts that stand alike are one group with a count, so that millions take seconds. Each is taken for a person of its
own: who holds several is asked less often than this reckons.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count as count_up
from typing import TYPE_CHECKING, Final

from xacthuc.backfill.domain.actions import Ready, due
from xacthuc.backfill.domain.campaign import (
    NO_CAP,
    SPOTS,
    TEMPLATES,
    HoldReason,
    Person,
    Purse,
    Step,
    Target,
    TargetState,
    WaveState,
)
from xacthuc.backfill.domain.canary import verdict
from xacthuc.backfill.domain.crowd import ANSWERS, Crowd, Group, Shares, WaveBook
from xacthuc.backfill.domain.pacing import affordable, room, shared
from xacthuc.policy import dates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from xacthuc.backfill.domain.campaign import Campaign
    from xacthuc.backfill.domain.classes import AccountClass
    from xacthuc.backfill.domain.crowd import Response

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
_ROUNDS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A provider that carries nothing for a time."""

    provider: str
    first: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A time in which nobody answers and no notice arrives, such as by a text that nobody registered.

    Whoever watches mends it at its end, and resumes what was held.
    """

    first: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something done about accounts that stood alike."""

    wave: int
    step: Step
    count: int
    account_class: AccountClass
    canary: bool
    before: Person
    """What their holders were sent before."""


@dataclass(slots=True, kw_only=True)
class Hour:
    """What happened in an hour, and how everybody stands at its end."""

    time: datetime
    acts: list[Act] = field(default_factory=list)
    carried: Mapping[str, int] = field(default_factory=dict)
    """Notices by provider."""
    failed: int = 0
    verified: int = 0
    purse: Purse
    waves: tuple[WaveState, ...]
    held: tuple[tuple[int, HoldReason], ...] = ()
    """Waves that were held now."""
    states: Mapping[TargetState, int] = field(default_factory=dict)
    idle: bool = False
    """Whether nothing can happen any more unless a person does something."""


class Simulation:
    """One campaign, from its begin on."""

    def __init__(
        self,
        campaign: Campaign,
        targets: Mapping[tuple[AccountClass, bool], int],
        response: Response,
        *,
        outages: Sequence[Outage] = (),
        failures: Sequence[Failure] = (),
        step: timedelta = HOUR,
    ) -> None:
        """`targets` counts accounts by class, and by whether a notice can go anywhere.

        A `step` of a DAY does in one go what its hours would: nearly the same, and many times as fast.
        """
        self._step = step
        hours = campaign.hours
        self._seconds = min(step.total_seconds(), (hours.closes_ms - hours.opens_ms) / 1000)
        self._campaign, self._response = campaign, response
        self._outages, self._failures = outages, failures
        self._waves = [WaveBook(campaign.ripe_after(wave)) for wave in range(1, len(campaign.ladder) + 1)]
        self._crowd, self._purse, self._shares = Crowd(), Purse(), Shares()
        self._due: list[tuple[datetime, int, Group]] = []
        self._numbers = count_up()
        self._for_money: deque[Group] = deque()
        self._parked: list[Group] = []
        self._canary: list[Group] = []
        self._answers: dict[datetime, list[tuple[Group, int]]] = {}
        self._reports: dict[datetime, list[tuple[WaveBook, bool, int, int]]] = {}
        for (account_class, reachable), count in sorted(targets.items()):
            self._enter(account_class, count, reachable=reachable)

    def hours(self) -> Iterator[Hour]:
        """Yields each hour until the term is over, or nothing can happen any more."""
        now = self._campaign.begin if self._step == HOUR else self._campaign.hours.opening(self._campaign.begin)
        while now < self._campaign.end:
            hour = Hour(time=now, purse=self._purse, waves=())
            self._begin(hour)
            if self._campaign.hours.opening(now) == now:
                self._work(hour)
            hour.purse, hour.waves = self._purse, tuple(book.state for book in self._waves)
            hour.states = dict(self._crowd.states)
            hour.idle = not (self._due or self._for_money or self._answers or self._reports)
            yield hour
            if hour.idle and not self._mended(now):
                return
            now += self._step

    def _mended(self, now: datetime) -> bool:
        return bool(self._parked) and any(now < failure.until for failure in self._failures)

    def _enter(self, account_class: AccountClass, count: int, *, reachable: bool) -> None:
        if account_class not in TEMPLATES:
            return
        canary = round(count * self._campaign.canary.percent / 100)
        for spot, share in ((0, canary), (SPOTS - 1, count - canary)):
            if share:
                person = "a number" if reachable else ""
                self._place(Group(Target(account_id="", account_class=account_class, spot=spot, person=person), share))

    def _place(self, group: Group) -> Group:
        """Adds accounts to those that stand alike, of whom it is known when they are looked at next."""
        alike = self._crowd.add(group)
        if alike is group:
            if self._campaign.is_canary(group.target):
                self._canary.append(group)
            self._wait(group, self._campaign.begin if group.target.step_time is None else group.target.step_time)
        return alike

    def _wait(self, group: Group, until: datetime) -> None:
        heapq.heappush(self._due, (until, next(self._numbers), group))

    def _begin(self, hour: Hour) -> None:
        now = hour.time
        if dates.local_date(now) != dates.local_date(now - self._step):
            self._purse = replace(self._purse, today_vnd=0, today_notices=0)
        for book, early, ended, failed in self._reports.pop(now, ()):
            if early == (book.state is WaveState.CANARY):
                book.ended, book.failed = book.ended + ended, book.failed + failed
        for group, wanted in self._answers.pop(now, ()):
            hour.verified += self._verify(group, min(wanted, group.count))
        hour.held = tuple(self._judge(now))

    def _verify(self, group: Group, count: int) -> int:
        self._crowd.leave(group, count, TargetState.VERIFIED)
        if group.entered is not None:
            canary = self._campaign.is_canary(group.target)
            self._waves[group.target.wave - 1].verify(group.entered, count, canary=canary)
        return count

    def _judge(self, now: datetime) -> Iterator[tuple[int, HoldReason]]:
        for number, book in enumerate(self._waves, start=1):
            if book.state is WaveState.HELD:
                if any(failure.until == now for failure in self._failures):
                    self._open(book, now)
                continue
            wave = self._campaign.ladder[number - 1]
            progress = replace(book.progress(now), canary_left=self._canary_left(number, now))
            found = verdict(progress, wave, self._campaign.canary)
            if isinstance(found, HoldReason):
                book.state = WaveState.HELD
                yield number, found
            elif found is not book.state:
                self._open(book, now)

    def _open(self, book: WaveBook, now: datetime) -> None:
        book.open(now)
        for group in self._parked:
            self._wait(group, now)
        self._parked = []

    def _canary_left(self, wave: int, now: datetime) -> int:
        if self._waves[wave - 1].state is not WaveState.CANARY:
            return 0
        young = now - self._waves[wave - 1].ripe_after
        self._canary = [group for group in self._canary if group.count]
        return sum(
            group.count
            for group in self._canary
            if group.target.wave < wave or (group.target.wave == wave and (group.entered or now) > young)
        )

    def _work(self, hour: Hour) -> None:
        down = [each.provider for each in self._outages if each.first <= hour.time < each.until]
        left = self._room(down)
        while self._due and self._due[0][0] <= hour.time:
            _, _, group = heapq.heappop(self._due)
            if group.count and self._look(group, hour):
                self._for_money.append(group)
        for _ in range(len(self._for_money)):
            group = self._for_money.popleft()
            if left > 0 and group.count and self._look(group, hour):
                sent = min(left, group.count)
                left -= sent
                self._notify(group, sent, hour)
            if group.count and left <= 0:
                self._for_money.appendleft(group)
                break
        self._pay(hour, down)

    def _room(self, down: Sequence[str]) -> int:
        """Returns how many notices may go in a step, at the dearest price; in one of a day at what each one costs."""
        campaign = self._campaign
        left = room(campaign.providers, self._seconds, down)
        money = affordable(campaign.budget, self._purse, campaign.dearest_vnd)
        if money is None or money >= left or self._step == HOUR:
            return left if money is None else min(left, money)
        count = left
        for _ in range(_ROUNDS):  # the mix of providers, and so the price of one, changes with the count
            count = max(money, min(left, int(count / self._beyond(count, down))))
        while count > money and self._beyond(count, down) > 1:
            count -= -(-count // 1000)
        return max(count, money)

    def _beyond(self, count: int, down: Sequence[str]) -> float:
        """Returns how many times what is left of a cap so many notices would take."""
        budget, purse = self._campaign.budget, self._purse
        vnd = self._price(shared(count, self._campaign.providers, self._seconds, down))
        caps = (
            (budget.vnd_per_day, purse.today_vnd, vnd),
            (budget.vnd, purse.vnd, vnd),
            (budget.notices_per_day, purse.today_notices, count),
        )
        return max((wanted / max(cap - spent, 1) for cap, spent, wanted in caps if cap != NO_CAP), default=0.0)

    def _price(self, carried: Mapping[str, int]) -> int:
        return sum(each.cost_vnd * carried[each.name] for each in self._campaign.providers)

    def _look(self, group: Group, hour: Hour) -> bool:
        """Does what an account of the group does next for free; whether that is a notice instead."""
        campaign, budget = self._campaign, self._campaign.budget
        funded = budget.vnd == NO_CAP or self._purse.vnd + campaign.dearest_vnd <= budget.vnd
        states = [book.state for book in self._waves]
        match due(campaign, group.target, group.person, states, hour.time, funded=funded):
            case None:
                self._crowd.leave(group, group.count, TargetState.ASKED)
            case int():
                self._parked.append(group)
            case Ready(step=Step.NOTICE):
                return True
            case Ready(wave=wave):
                self._tell(group, wave, hour)
            case time:
                self._wait(group, time)
        return False

    def _tell(self, group: Group, wave: int, hour: Hour) -> None:
        now, count = hour.time, group.count
        self._waves[wave - 1].enter(now, count, canary=self._campaign.is_canary(group.target))
        target = replace(group.target, wave=wave, step=Step.EVENT, step_time=now)
        self._moved(group, Group(target, count, group.person, now), hour)

    def _notify(self, group: Group, count: int, hour: Hour) -> None:
        target = replace(group.target, step=Step.NOTICE, step_time=hour.time)
        person = Person(notices=group.person.notices + 1, last_time=hour.time)
        self._moved(group, Group(target, count, person, group.entered), hour)
        failed = count if self._broken(hour.time) else self._shares.of(count, self._response.undelivered_percent)
        hour.failed += failed
        book = self._waves[target.wave - 1]
        self._reports.setdefault(hour.time + self._step, []).append(
            (book, book.state is WaveState.CANARY, count, failed)
        )

    def _moved(self, group: Group, moved: Group, hour: Hour) -> None:
        target, count = moved.target, moved.count
        canary, step = self._campaign.is_canary(target), target.step or Step.EVENT
        hour.acts.append(
            Act(
                wave=target.wave,
                step=step,
                count=count,
                account_class=target.account_class,
                canary=canary,
                before=group.person,
            )
        )
        self._crowd.leave(group, count)
        placed = self._place(moved)
        if self._broken(hour.time):
            return
        answering = self._shares.of(count, self._response.percent(target.wave, step))
        given = 0
        for hours, share in ANSWERS:
            part = answering * share // 100
            given += part
            self._answer(placed, part, hour.time + -(-hours * HOUR // self._step) * self._step)
        self._answer(placed, answering - given, hour.time + self._step)

    def _answer(self, group: Group, count: int, time: datetime) -> None:
        if count:
            self._answers.setdefault(time, []).append((group, count))

    def _broken(self, now: datetime) -> bool:
        return any(failure.first <= now < failure.until for failure in self._failures)

    def _pay(self, hour: Hour, down: Sequence[str]) -> None:
        count = sum(act.count for act in hour.acts if act.step is Step.NOTICE)
        hour.carried = shared(count, self._campaign.providers, self._seconds, down)
        vnd, purse = self._price(hour.carried), self._purse
        self._purse = Purse(
            today_vnd=purse.today_vnd + vnd, vnd=purse.vnd + vnd, today_notices=purse.today_notices + count
        )
