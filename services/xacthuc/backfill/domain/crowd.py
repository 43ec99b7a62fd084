"""Accounts that stand alike in a simulated campaign, and how their holders answer. Whole numbers: nobody gets lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from xacthuc.backfill.domain.campaign import Person, Step, Target, TargetState, WaveProgress, WaveState

if TYPE_CHECKING:
    from datetime import datetime, timedelta

ANSWERS: Final = ((1, 40), (4, 25), (12, 25), (24, 10))
"""Of those who answer a step: how many percent within so many hours. Most who act on a message do so at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """How people are assumed to answer; `plan` says so beside every number that rests on it."""

    event_percent: float
    """Of the accounts that are asked on the platform's screens in the first wave."""
    notice_percent: float
    """Of those that a notice went to then."""
    wave_factor: float
    """By which each wave gets fewer answers than the one before: who did not answer twice hardly will."""
    undelivered_percent: float
    """Of notices."""

    def __post_init__(self) -> None:
        """Refuses shares that are none."""
        if not all(0 <= each <= 100 for each in (self.event_percent, self.notice_percent, self.undelivered_percent)):  # noqa: PLR2004 - percent
            raise ValueError("event_percent, notice_percent, undelivered_percent: write 0 to 100")
        if not 0 <= self.wave_factor <= 1:
            raise ValueError("wave_factor: write 0 to 1")

    def percent(self, wave: int, step: Step) -> float:
        """Returns how many of a hundred answer a step of a wave."""
        first = self.event_percent if step is Step.EVENT else self.notice_percent * (1 - self.undelivered_percent / 100)
        return first * self.wave_factor ** (wave - 1)


class Shares:
    """Takes shares of whole numbers, and carries what is rounded away to the next time."""

    def __init__(self) -> None:
        """Starts with nothing carried."""
        self._carried = 0.0

    def of(self, count: int, percent: float) -> int:
        """Returns about `percent` of a count: at most all of it."""
        wanted = count * percent / 100 + self._carried
        taken = min(count, int(wanted))
        self._carried = min(wanted - taken, 1.0)
        return taken


@dataclass(slots=True, eq=False)
class Group:
    """So many accounts that stand alike."""

    target: Target
    count: int
    person: Person = field(default_factory=Person)
    entered: datetime | None = None
    """When they had the event of the wave that they are in."""


@dataclass(slots=True)
class Seen:
    """Who entered a wave, of all and of the canary, and how many of them verified."""

    entered: int = 0
    canary: int = 0
    verified: int = 0
    canary_verified: int = 0

    def add(self, entered: int, verified: int, *, canary: bool) -> None:
        """Counts some."""
        self.entered, self.verified = self.entered + entered, self.verified + verified
        if canary:
            self.canary, self.canary_verified = self.canary + entered, self.canary_verified + verified


@dataclass(slots=True)
class WaveBook:
    """What is seen of a wave."""

    ripe_after: timedelta
    state: WaveState = WaveState.CANARY
    ended: int = 0
    failed: int = 0
    young: dict[datetime, Seen] = field(default_factory=dict)
    """By when they entered, in that order."""
    ripe: Seen = field(default_factory=Seen)
    since: datetime | None = None
    """When it was opened last: who entered before is counted no more."""

    def enter(self, now: datetime, count: int, *, canary: bool) -> None:
        """Counts accounts that enter it."""
        self.young.setdefault(now, Seen()).add(count, 0, canary=canary)

    def verify(self, entered: datetime, count: int, *, canary: bool) -> None:
        """Counts some that verified, of who entered then."""
        if self.since is None or entered >= self.since:
            self.young.get(entered, self.ripe).add(0, count, canary=canary)

    def progress(self, now: datetime) -> WaveProgress:
        """Returns what is known of it, but for who is left of the canary."""
        while self.young and (first := next(iter(self.young))) + self.ripe_after <= now:
            seen = self.young.pop(first)
            self.ripe.add(seen.entered - seen.canary, seen.verified - seen.canary_verified, canary=False)
            self.ripe.add(seen.canary, seen.canary_verified, canary=True)
        early = self.state is WaveState.CANARY
        return WaveProgress(
            state=self.state,
            ripe=self.ripe.canary if early else self.ripe.entered,
            verified=self.ripe.canary_verified if early else self.ripe.verified,
            ended=self.ended,
            failed=self.failed,
        )

    def open(self, now: datetime) -> None:
        """Lets everybody enter; what was seen before counts no more."""
        self.state, self.since, self.ended, self.failed = WaveState.OPEN, now, 0, 0
        self.young, self.ripe = {}, Seen()


class Crowd:
    """Everybody, by how they stand."""

    def __init__(self) -> None:
        """Starts empty."""
        self._groups: dict[tuple[object, ...], Group] = {}
        self.states: Counter[TargetState] = Counter()

    def add(self, group: Group) -> Group:
        """Adds accounts to those that stand alike; returns the group that they are in."""
        target = group.target
        key = (
            target.account_class,
            target.spot,
            bool(target.person),
            target.wave,
            target.step,
            target.step_time,
            group.person,
            group.entered,
        )
        self.states[TargetState.OPEN] += group.count
        known = self._groups.get(key)
        if known is not None and known.count:
            known.count += group.count
            return known
        self._groups[key] = group
        return group

    def leave(self, group: Group, count: int, state: TargetState | None = None) -> None:
        """Takes accounts out of a group: to another one, or into a state that they do not leave."""
        group.count -= count
        self.states[TargetState.OPEN] -= count
        if state is not None:
            self.states[state] += count
