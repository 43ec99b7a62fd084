"""What the fraud guard remembers of one subject: messages sent and messages whose code was entered, by time.

The arithmetic is pure; `adapters/scripts/guard.lua` is the same on the server, step for step, and a property test keeps
the two equal. Owns no threshold: `guard.py` judges what is counted here.

A message is *verified* when the code it carried is entered, however often that code was sent. One whose code can still
be entered is *in flight* and says nothing yet; it *ripens* when its life is over. Time is cut into slots of five
minutes. Ripe slots of the last hour are kept as they are, older ones by the hour for a day, and of the fourteen days
before only how many were verified.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from xacthuc.ratelimit.gcra import DAY_HOURS, HOUR_MS

SLOT_MS: Final = 300_000
"""A code's life by the policy, and a twelfth of the hour that a threshold is about."""

SLOTS_PER_HOUR: Final = HOUR_MS // SLOT_MS
SLOTS_PER_DAY: Final = SLOTS_PER_HOUR * DAY_HOURS
BEST_OF_DAYS: Final = 14
_MIDNIGHT_SLOTS: Final = 7 * SLOTS_PER_HOUR
"""Days begin at 00:00 in Vietnam, UTC+7 all year, when least is under way."""


def slot_of(at_ms: int) -> int:
    """Returns the slot an instant falls into, counted from the epoch."""
    return at_ms // SLOT_MS


def day_of(slot: int) -> int:
    """Returns the day in Vietnam that a slot belongs to, counted from the epoch."""
    return (slot + _MIDNIGHT_SLOTS) // SLOTS_PER_DAY


def life_slots(code_life_ms: int) -> int:
    """Returns for how many slots after its own a message is in flight."""
    return -(-code_life_ms // SLOT_MS)


class Figures(NamedTuple):
    """What the counts of a subject come to at one instant. Counts are messages."""

    unverified_day: int
    """Ripe and not verified, of the last 24 hours. The oldest hour counts whole."""
    verified_day: int
    unverified_hour: int
    """The same of the last hour that is ripe as a whole."""
    verified_hour: int
    best_day: int
    """The most that were verified on one of the last 14 days."""
    in_flight: int
    """Sent, and neither verified nor ripe. A message that is being judged is among them."""

    @classmethod
    def of(
        cls, sent_day: int, verified_day: int, sent_hour: int, verified_hour: int, best_day: int, *, in_flight: int
    ) -> Self:
        """Returns what sums come to. More may be verified than sent, where a message was counted elsewhere."""
        unverified_day, unverified_hour = sent_day - verified_day, sent_hour - verified_hour
        return cls(
            max(unverified_day, 0), verified_day, max(unverified_hour, 0), verified_hour, best_day, max(in_flight, 0)
        )


Pair = list[int]
"""Messages sent, and of these verified."""


@dataclass(slots=True)
class Ledger:
    """The counts of one subject. Changed in place: whoever holds one owns it.

    Attributes:
        life: slots after its own for which a message is in flight, from `life_slots`.
        at: the slot up to which ripe messages were taken over; 0 before the first.
        young: messages in flight, by slot.
        ripe: messages of the last ripe hour, by slot.
        hours: older ones, by hour since the epoch.
        days: verified messages that ripened, by day.

    """

    life: int
    at: int = 0
    young: dict[int, Pair] = field(default_factory=dict)
    ripe: dict[int, Pair] = field(default_factory=dict)
    hours: dict[int, Pair] = field(default_factory=dict)
    days: dict[int, int] = field(default_factory=dict)
    past: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    """Sums over everything ripe: sent and verified of the day, sent and verified of the hour, the best day."""

    def count(self, now_ms: int) -> int:
        """Counts a message that is being sent; returns its slot, by which it can be taken back."""
        self.roll(now_ms)
        self.young.setdefault(self.at, [0, 0])[0] += 1
        return self.at

    def take_back(self, slot: int, now_ms: int) -> None:
        """Forgets a message that was counted and never sent. Once it is ripe it stays."""
        self.roll(now_ms)
        pair = self.young.get(slot)
        if pair is not None and pair[0] > 0:
            pair[0] -= 1

    def verify(self, sent_ms: int, messages: int, now_ms: int) -> None:
        """Counts `messages` of a challenge whose first was sent at `sent_ms` as verified."""
        self.roll(now_ms)
        slot = min(slot_of(sent_ms), self.at)
        ripe = self.at - self.life - 1
        if slot > ripe:
            self.young.setdefault(slot, [0, 0])[1] += messages
            return
        if slot > ripe - SLOTS_PER_HOUR:
            self.ripe.setdefault(slot, [0, 0])[1] += messages
        elif slot // SLOTS_PER_HOUR >= self._oldest_hour():
            self.hours.setdefault(slot // SLOTS_PER_HOUR, [0, 0])[1] += messages
        if day_of(slot) > day_of(ripe) - BEST_OF_DAYS:
            self.days[day_of(slot)] = self.days.get(day_of(slot), 0) + messages
        self._sum()

    def figures(self, now_ms: int) -> Figures:
        """Returns what the counts come to."""
        self.roll(now_ms)
        return Figures.of(*self.past, in_flight=sum(pair[0] - pair[1] for pair in self.young.values()))

    def roll(self, now_ms: int) -> None:
        """Takes over what ripened, and drops what no figure reaches back to. A clock that is behind changes nothing."""
        slot = slot_of(now_ms)
        if slot <= self.at:
            return
        self.at = slot
        ripe = slot - self.life - 1
        for old in sorted(self.young):
            if old <= ripe:
                pair = self.young.pop(old)
                self.ripe[old] = pair
                if pair[1]:
                    self.days[day_of(old)] = self.days.get(day_of(old), 0) + pair[1]
        for old in sorted(self.ripe):
            if old <= ripe - SLOTS_PER_HOUR:
                sent, verified = self.ripe.pop(old)
                pair = self.hours.setdefault(old // SLOTS_PER_HOUR, [0, 0])
                pair[0] += sent
                pair[1] += verified
        self.hours = {hour: pair for hour, pair in self.hours.items() if hour >= self._oldest_hour()}
        self.days = {day: count for day, count in self.days.items() if day > day_of(ripe) - BEST_OF_DAYS}
        self._sum()

    def _oldest_hour(self) -> int:
        return (self.at - self.life - 1) // SLOTS_PER_HOUR - DAY_HOURS

    def _sum(self) -> None:
        sent_hour = sum(pair[0] for pair in self.ripe.values())
        verified_hour = sum(pair[1] for pair in self.ripe.values())
        sent_day = sent_hour + sum(pair[0] for pair in self.hours.values())
        verified_day = verified_hour + sum(pair[1] for pair in self.hours.values())
        self.past = (sent_day, verified_day, sent_hour, verified_hour, max(self.days.values(), default=0))
