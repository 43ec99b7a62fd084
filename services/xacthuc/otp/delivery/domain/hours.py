"""The hours of the day at which notices may be sent, in Vietnam's time. A code is sent whenever it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from xacthuc.policy.dates import day_number, day_start_ms

_MINUTE_MS = 60_000


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


def _of_the_day_ms(at_ms: int) -> int:
    return at_ms - day_start_ms(day_number(at_ms))


def _after_midnight_ms(text: str) -> int:
    hour, _, minute = text.partition(":")
    return (int(hour) * 60 + int(minute)) * _MINUTE_MS
