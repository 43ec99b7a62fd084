"""What became of the codes sent by one provider to one operator range by one channel: counts by hour, and by minute.

`delivery_tally.lua` keeps the same in the store; a property test keeps the two equal. Everything is counted at the time
of its send, so that the verified of a window are those of its sent. Notices are not counted: nobody confirms them.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000

KEPT_HOURS: Final = 14 * 24
"""Two weeks show a weekend beside the one before."""

MINUTES_KEPT_HOURS: Final = 1
"""Minutes are kept of this hour and the one before: what happens now decides whom to ask, older hours are close enough."""

BOUNDS_MS: Final = (
    1_000, 2_000, 3_000, 5_000, 8_000, 12_000, 16_000, 25_000, 40_000, 60_000, 120_000, 300_000, 900_000, 3_600_000,
    172_800_000,
)  # fmt: skip
"""Upper ends of the histogram of delivery times; the last is where message centers give up (48 hours)."""

_NONE_TIMED: Final = (0,) * len(BOUNDS_MS)


class Place(NamedTuple):
    """Where something was sent."""

    provider: str
    operator: str
    channel: int


class Trials(NamedTuple):
    """Codes sent, and how many of them were entered rightly. Fractions where they were faded by age."""

    sent: float
    verified: float

    def plus(self, other: Trials, share: float = 1.0) -> Trials:
        """Adds a share of others."""
        return Trials(self.sent + share * other.sent, self.verified + share * other.verified)


NO_TRIALS: Final = Trials(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of some stretch of time. They add up."""

    sent: int = 0
    delivered: int = 0
    failed: int = 0
    verified: int = 0
    cost_vnd: int = 0
    latency_ms: int = 0
    """From queue to receipt, all delivered together."""
    timed: tuple[int, ...] = _NONE_TIMED
    """How many arrived within each of BOUNDS_MS and not within the one before."""

    def __add__(self, other: Figures) -> Figures:
        """Returns both together."""
        return Figures(
            sent=self.sent + other.sent,
            delivered=self.delivered + other.delivered,
            failed=self.failed + other.failed,
            verified=self.verified + other.verified,
            cost_vnd=self.cost_vnd + other.cost_vnd,
            latency_ms=self.latency_ms + other.latency_ms,
            timed=tuple(map(sum, zip(self.timed, other.timed, strict=True))),
        )

    @property
    def trials(self) -> Trials:
        """What the choice goes by."""
        return Trials(self.sent, self.verified)

    @property
    def mean_ms(self) -> float | None:
        """The mean time from queue to receipt; None without receipts."""
        timed = sum(self.timed)
        return self.latency_ms / timed if timed else None

    def within_ms(self, share: float) -> int | None:
        """Returns an upper bound of the time in which that share of the receipts came; None without receipts."""
        due = share * sum(self.timed)
        if not due:
            return None
        passed = 0
        for bound, count in zip(BOUNDS_MS, self.timed, strict=True):
            passed += count
            if passed >= due:
                return bound
        raise AssertionError(share)  # more than all


def timed(latency_ms: int) -> tuple[int, ...]:
    """Returns the histogram of one delivery. A clock that went back, or a receipt of days later, is counted all the same."""
    column = min(bisect_left(BOUNDS_MS, latency_ms), len(BOUNDS_MS) - 1)
    return tuple(int(at == column) for at in range(len(BOUNDS_MS)))


@dataclass(frozen=True, slots=True)
class Entry:
    """One outcome as it is counted."""

    partition: int
    place: tuple[int, int]
    """Its id in the partition's stream, which entries come in order of: milliseconds and sequence."""
    at_ms: int
    """When the code was sent that it is about."""
    change: Figures


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is kept of one place; the model of one hash in the store."""

    hours: Mapping[int, Figures] = field(default_factory=lambda: MappingProxyType({}))
    minutes: Mapping[int, Trials] = field(default_factory=lambda: MappingProxyType({}))
    last: Mapping[int, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))
    """The last entry counted, by partition: the same again changes nothing."""

    def counted(self, entry: Entry, now_ms: int) -> Self:
        """Returns the ledger after an entry: itself when it was counted before, or is older than what is kept."""
        hour, present = entry.at_ms // HOUR_MS, now_ms // HOUR_MS
        if entry.place <= self.last.get(entry.partition, (-1, -1)) or hour < present - KEPT_HOURS:
            return self
        hours = {at: figures for at, figures in self.hours.items() if at >= present - KEPT_HOURS}
        hours[hour] = hours.get(hour, Figures()) + entry.change
        oldest_minute = (present - MINUTES_KEPT_HOURS) * 60
        minutes = {at: trials for at, trials in self.minutes.items() if at >= oldest_minute}
        minute = entry.at_ms // MINUTE_MS
        if minute >= oldest_minute:
            minutes[minute] = minutes.get(minute, NO_TRIALS).plus(entry.change.trials)
        return replace(self, hours=hours, minutes=minutes, last={**self.last, entry.partition: entry.place})


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was tried in a stretch of time."""

    end_ms: int
    trials: Trials


def recent(hours: Mapping[int, Trials], minutes: Mapping[int, Trials], now_ms: int) -> list[Stretch]:
    """Returns what was tried, newest first: by the minute as far as minutes are kept, before that by the hour."""
    oldest_minute = (now_ms // HOUR_MS - MINUTES_KEPT_HOURS) * 60
    newest = sorted((at for at in minutes if at >= oldest_minute), reverse=True)
    older = sorted((at for at in hours if at * 60 < oldest_minute), reverse=True)
    return [
        *(Stretch((at + 1) * MINUTE_MS, minutes[at]) for at in newest),
        *(Stretch((at + 1) * HOUR_MS, hours[at]) for at in older),
    ]
