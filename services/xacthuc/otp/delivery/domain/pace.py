"""How fast a provider may be asked: one slot after the other, evenly spread, slower while it says that it is too much.

Owns the arithmetic. Waiting for a slot is the caller's, and so is the clock: instants are seconds of one that only
runs forward.
"""

from __future__ import annotations

from typing import Final

SLOWEST_SHARE: Final = 1 / 32
"""Of the full pace, below which a provider's complaints do not push it: something has to try whether it is better."""

RECOVERY_SECONDS: Final = 16.0
"""From standing still back to the full pace, in even steps: after one complaint eight seconds."""

_COMPLAINTS_APART_SECONDS: Final = 1.0
"""Requests in flight together are refused together: what comes within this time is one complaint."""


class Pace:
    """Slots for requests, of which any span of `t` seconds holds at most `per_second * t + 1`: there are no bursts.

    The pace halves when the provider throttles and comes back by even steps (additive increase, multiplicative
    decrease; Chiu and Jain 1989), so that workers who know nothing of each other end up at equal shares.
    """

    def __init__(self, per_second: float) -> None:
        """`per_second` over all workers; 0 where there is no pace to keep."""
        self._per_second = per_second
        self._workers = 1
        self._eased = 1.0
        self._eased_at = float("-inf")
        self._complained_at = float("-inf")
        self._next = float("-inf")

    @property
    def gap_seconds(self) -> float:
        """The time from one slot to the next at present; 0 without a pace."""
        return self._workers / (self._per_second * self._eased) if self._per_second else 0.0

    def share(self, workers: int) -> None:
        """Divides the pace among so many workers."""
        self._workers = max(1, workers)

    def delay(self, now: float, ahead: int) -> float:
        """Returns the seconds until a slot is free for who comes after `ahead` others that have none yet."""
        return max(0.0, self._next - now) + ahead * self.gap_seconds

    def reserve(self, now: float) -> float:
        """Takes the next free slot; returns the seconds until it comes.

        Whoever waits longer than that does not endanger the spacing, provided the next slot is reserved only after
        the wait.
        """
        slot = max(now, self._next)
        self._next = slot + self.gap_seconds
        return slot - now

    def slow_down(self, now: float) -> None:
        """Halves the pace, at most once a second."""
        if now - self._complained_at < _COMPLAINTS_APART_SECONDS:
            return
        self._complained_at = self._eased_at = now
        self._eased = max(SLOWEST_SHARE, self._eased / 2)

    def speed_up(self, now: float) -> None:
        """Takes a step back towards the full pace: called for each request that was taken.

        The step is what the time since the last one is worth, of which a silence counts as one second.
        """
        if self._eased < 1.0:
            elapsed = min(now - self._eased_at, 1.0)
            self._eased = min(1.0, self._eased + elapsed / RECOVERY_SECONDS)
            self._eased_at = now
