"""The hours of the day at which notices may be sent, in Vietnam's time. A code is sent whenever it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from xacthuc.policy.dates import DAY_MS, day_number, day_start_ms

_MINUTE_MS = 60_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Opens and closes once a day, at ms after 00:00 in Vietnam."""

    opens_ms: int
    closes_ms: int

    @classmethod
    def of(cls, text: str) -> Self:
        """Reads `HH:MM-HH:MM`, as the policy spells `bulk.hours` and has checked it."""
        opens, _, closes = text.partition("-")
        return cls(opens_ms=_after_midnight_ms(opens), closes_ms=_after_midnight_ms(closes))

    def open_at(self, now_ms: int) -> bool:
        """Tells whether notices may be sent at `now_ms`."""
        return self.opens_ms <= _of_the_day_ms(now_ms) < self.closes_ms

    def within(self, others: Hours) -> bool:
        """Tells whether others are open whenever these are."""
        return others.opens_ms <= self.opens_ms and self.closes_ms <= others.closes_ms

    def opening(self, at: datetime) -> datetime:
        """Returns the first instant from `at` on at which notices may be sent: `at` itself while they may."""
        at_ms = (at - _EPOCH) // timedelta(milliseconds=1)
        of_the_day = _of_the_day_ms(at_ms)
        if self.opens_ms <= of_the_day < self.closes_ms:
            return at
        start = at_ms - of_the_day + (DAY_MS if of_the_day >= self.closes_ms else 0)
        return _EPOCH + timedelta(milliseconds=start + self.opens_ms)


def _of_the_day_ms(at_ms: int) -> int:
    return at_ms - day_start_ms(day_number(at_ms))


def _after_midnight_ms(text: str) -> int:
    hour, _, minute = text.partition(":")
    return (int(hour) * 60 + int(minute)) * _MINUTE_MS
