"""A market of providers with known conversions, on which choices are tried in virtual time: seeded, so always the same."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from xacthuc.otp.delivery.domain.belief import faded
from xacthuc.otp.delivery.domain.choice import Candidate, choose
from xacthuc.otp.delivery.domain.figures import MINUTE_MS, NO_TRIALS, Place, Trials, recent
from xacthuc.otp.delivery.domain.judgement import Judgement
from xacthuc.policy import Policy

CHOICE = Policy.load().choice
START_MS = 500_000 * 3_600_000
"""On the hour, so that minutes and hours begin together."""


@dataclass(frozen=True)
class Vendor:
    """One provider of the market: how many of its codes are entered, and what they cost."""

    name: str
    conversion: Callable[[float], float]
    """Of 1, by seconds since the start."""
    cost_vnd: int = 300
    weight: int = 100
    joins_seconds: float = 0.0


def steady(name: str, conversion: float, **terms) -> Vendor:
    return Vendor(name, lambda _seconds: conversion, **terms)


@dataclass
class Market:
    """Sends `per_second` codes, enters some of them about 20 s later, and learns as a worker does."""

    vendors: list[Vendor]
    seed: int = 1
    per_second: float = 5.0
    method: str = CHOICE.method
    operator: str = "viettel"
    learn_seconds: float = 5.0
    sent: list[tuple[float, str]] = field(default_factory=list)
    """Seconds since the start, and who was asked."""
    entered: int = 0

    def __post_init__(self) -> None:
        self._people = Random(self.seed)
        self.judgement = Judgement(replace(CHOICE, method=type(CHOICE.method)(self.method)), Random(self.seed + 1))
        self._minutes: dict[Place, dict[int, Trials]] = defaultdict(dict)
        self._pending: list[tuple[float, Place, int]] = []

    def run(self, sends: int) -> Market:
        """Sends so many codes more."""
        learned = -1.0
        for _ in range(sends):
            seconds = len(self.sent) / self.per_second
            now_ms = START_MS + round(seconds * 1000)
            self._enter(seconds)
            if seconds // self.learn_seconds != learned:
                learned = seconds // self.learn_seconds
                self._learn(now_ms)
            self._send(seconds, now_ms // MINUTE_MS)
        return self

    def shares(self, last: int) -> dict[str, float]:
        """Returns the share of each provider in the last so many sends."""
        asked = Counter(name for _, name in self.sent[-last:])
        return {vendor.name: asked[vendor.name] / last for vendor in self.vendors}

    def expected(self) -> float:
        """Returns the conversion that the choices made are worth on average."""
        by_name = {vendor.name: vendor for vendor in self.vendors}
        return sum(by_name[name].conversion(seconds) for seconds, name in self.sent) / len(self.sent)

    def _send(self, seconds: float, minute: int) -> None:
        there = [vendor for vendor in self.vendors if vendor.joins_seconds <= seconds]
        greatest = max(vendor.weight for vendor in there)
        pick = choose(
            [
                Candidate(
                    provider=vendor.name,
                    weight=vendor.weight,
                    cost_vnd=vendor.cost_vnd,
                    belief=self.judgement.of(self._place(vendor.name), vendor.weight / greatest),
                )
                for vendor in there
            ],
            self.judgement.choice,
            self.judgement.random,
        )
        assert pick is not None
        self.sent.append((seconds, pick.provider))
        place = self._place(pick.provider)
        self._count(place, minute, Trials(1, 0))
        vendor = next(vendor for vendor in there if vendor.name == pick.provider)
        if self._people.random() < vendor.conversion(seconds):
            delay = self._people.lognormvariate(3.0, 0.5)  # median 20 s, one in a hundred over a minute
            heapq.heappush(self._pending, (seconds + delay, place, minute))

    def _enter(self, seconds: float) -> None:
        while self._pending and self._pending[0][0] <= seconds:
            _, place, minute = heapq.heappop(self._pending)
            self.entered += 1
            self._count(place, minute, Trials(0, 1))

    def _learn(self, now_ms: int) -> None:
        half_life_ms = self.judgement.half_life_ms
        self.judgement.learn(
            {
                place: faded(recent(_hours(minutes), minutes, now_ms), now_ms, half_life_ms)
                for place, minutes in self._minutes.items()
            }
        )

    def _count(self, place: Place, minute: int, trials: Trials) -> None:
        of = self._minutes[place]
        of[minute] = of.get(minute, NO_TRIALS).plus(trials)

    def _place(self, name: str) -> Place:
        return Place(name, self.operator, 1)


def _hours(minutes: dict[int, Trials]) -> dict[int, Trials]:
    hours: dict[int, Trials] = {}
    for minute, trials in minutes.items():
        hours[minute // 60] = hours.get(minute // 60, NO_TRIALS).plus(trials)
    return hours
