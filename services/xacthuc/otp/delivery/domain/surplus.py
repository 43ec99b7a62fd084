"""What codes leave of a provider's pace, and whether a notice may have it. Pure; instants are seconds that only grow."""

from __future__ import annotations

from collections import deque
from typing import Final

_WINDOW_SECONDS: Final = 1.0
"""A pace is promised by the second."""

NOTICES_SHARE: Final = 0.9
"""Of the pace, that codes and notices use together at the most: a code that comes now finds a slot and no queue."""


class Surplus:
    """Counts the requests of the last second to one provider with a pace."""

    def __init__(self, per_second: float) -> None:
        """`per_second` over all workers; 0 where the provider names no pace, which leaves enough for everybody."""
        self._per_second = per_second
        self._asked: deque[float] = deque()

    def asked(self, now: float) -> None:
        """Takes note of a request, for a code or a notice."""
        if self._per_second:
            self._asked.append(now)
            self._forget(now)

    def left(self, now: float, workers: int) -> bool:
        """Tells whether one more request fits in what this worker's codes leave of its share of the pace."""
        if not self._per_second:
            return True
        self._forget(now)
        share = self._per_second * _WINDOW_SECONDS / max(1, workers)
        # A pace of one a second or less has no tenth to spare: then the last second must have been quiet.
        return len(self._asked) + 1 <= max(1.0, NOTICES_SHARE * share)

    def _forget(self, now: float) -> None:
        while self._asked and self._asked[0] <= now - _WINDOW_SECONDS:
            self._asked.popleft()
