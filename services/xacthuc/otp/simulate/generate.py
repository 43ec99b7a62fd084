"""Traffic that nobody sent: days as they are, and somebody who pumps messages into blocks of numbers. Seeded."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from xacthuc.otp.simulate.traffic import Event, What
from xacthuc.ratelimit.gcra import HOUR_MS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DAY_MS: Final = 24 * HOUR_MS

HOURS: Final = (1, 1, 1, 1, 1, 2, 4, 8, 12, 13, 13, 12, 10, 10, 11, 11, 12, 12, 13, 15, 17, 15, 9, 4)
"""How much of a day falls into each hour in Vietnam: asleep until six, two humps, most after dinner."""

BLOCKS: Final = {"viettel": 12_000, "vinaphone": 8_000, "mobifone": 8_000, "vietnamobile": 2_300, "unknown": 1_000}
"""Blocks of ten thousand numbers of each range, a thousand to each of its prefixes of three digits."""

_SHARES: Final = {"viettel": 0.5, "vinaphone": 0.22, "mobifone": 0.2, "vietnamobile": 0.05, "unknown": 0.03}
_COST_VND: Final = 800
_FIRST_RESEND_MS: Final = 60_000
_RESENT_SHARE: Final = 0.08
_LONGEST_ENTRY_MS: Final = 290_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Days of people who register. `start_ms` is midnight in Vietnam."""

    start_ms: int
    days: int = 1
    messages_per_day: int = 50_000
    conversion: tuple[float, float] = (0.7, 0.9)
    """Every hour of every operator's range has one of its own between these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """Somebody who sends to numbers of a SIM farm, in turn, and enters nothing."""

    start_ms: int
    lasting_ms: int
    per_minute: float
    operator: str = "viettel"
    blocks: Sequence[str] = ("sim-farm",)


def traffic(seed: int, days: Days | None, attacks: Sequence[Attack] = ()) -> list[Event]:
    """Returns what happened, in the order of time; the same for the same seed."""
    random = Random(seed)
    events = list(_normal(random, days)) if days else []
    for number, attack in enumerate(attacks):
        events += _attack(random, attack, number)
    events.sort(key=lambda event: event.at_ms)
    return events


def _normal(random: Random, days: Days) -> Iterator[Event]:
    operators, shares = list(_SHARES), list(_SHARES.values())
    conversions = {
        (operator, day, hour): random.uniform(*days.conversion)
        for operator in operators
        for day in range(days.days)
        for hour in range(len(HOURS))
    }
    # Some ranges are older and fuller than others.
    fullness = {operator: [random.lognormvariate(0, 0.7) for _ in range(BLOCKS[operator])] for operator in operators}
    people = round(days.messages_per_day / (1 + _RESENT_SHARE))
    for day in range(days.days):
        hours = random.choices(range(len(HOURS)), HOURS, k=people)
        chosen = random.choices(operators, shares, k=people)
        blocks = {
            operator: iter(random.choices(range(BLOCKS[operator]), fullness[operator], k=chosen.count(operator)))
            for operator in operators
        }
        for person, (hour, operator) in enumerate(zip(hours, chosen, strict=True)):
            at_ms = days.start_ms + day * DAY_MS + hour * HOUR_MS + random.randrange(HOUR_MS)
            enters = random.random() < conversions[operator, day, hour]
            block = f"{operator}-{next(blocks[operator])}"
            yield from _person(random, f"p{day}-{person}", at_ms, operator, block, enters=enters)


def _person(random: Random, challenge: str, at_ms: int, operator: str, block: str, *, enters: bool) -> Iterator[Event]:
    resent_ms = at_ms + _FIRST_RESEND_MS + random.randrange(_FIRST_RESEND_MS)
    yield from _message(challenge, at_ms, operator, block)
    last_ms = at_ms
    if random.random() < _RESENT_SHARE:
        yield from _message(challenge, resent_ms, operator, block)
        last_ms = resent_ms
    if enters:
        after_ms = min(round(random.lognormvariate(10.1, 0.7)), _LONGEST_ENTRY_MS)  # half within 25 s, most within 80 s
        yield Event(last_ms + after_ms, What.ENTERED, challenge)


def _message(challenge: str, at_ms: int, operator: str, block: str) -> tuple[Event, Event]:
    queued = Event(at_ms, What.QUEUED, challenge, operator, block)
    return queued, Event(at_ms + 1, What.PAID, challenge, cost_vnd=_COST_VND)


def _attack(random: Random, attack: Attack, number: int) -> Iterator[Event]:
    gap_ms = 60_000 / attack.per_minute
    for sent in range(round(attack.lasting_ms / gap_ms)):
        at_ms = attack.start_ms + round((sent + random.random()) * gap_ms)
        block = attack.blocks[sent % len(attack.blocks)]
        yield from _message(f"a{number}-{sent}", at_ms, attack.operator, block)
