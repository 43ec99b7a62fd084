"""When somebody who fails is left alone: after failures in a row, for a pause that doubles, ended by one trial."""

from __future__ import annotations

from typing import Final

FAILURES_TO_OPEN: Final = 5
"""In a row. One slow answer is everyday; five are an outage."""

FIRST_PAUSE_MS: Final = 2_000
LONGEST_PAUSE_MS: Final = 60_000
"""Accounts wait pending while a provider is down, and none of them needs an answer within the minute."""

LONGEST_HOLD_MS: Final = 600_000
"""What a `Retry-After` may ask for at most: one absurd header must not close a provider for a day."""


class Circuit:
    """The state of one provider as one process sees it. Instants are milliseconds since the epoch."""

    def __init__(self) -> None:
        """Starts closed: questions pass."""
        self._failures = 0
        self._pause_ms = FIRST_PAUSE_MS
        self._closed_until_ms = 0
        self._trial_until_ms = 0

    def enter(self, now_ms: int) -> int:
        """Returns 0 when a question may be asked now, else for how many ms to wait.

        While the provider is failing, who is let in is the trial: others wait until its fate is known, or for as long
        as the pause if it is never told.
        """
        wait_ms = self.wait_ms(now_ms)
        if not wait_ms and self._failures >= FAILURES_TO_OPEN:
            self._trial_until_ms = now_ms + self._pause_ms
        return wait_ms

    def wait_ms(self, now_ms: int) -> int:
        """Returns for how many ms the provider is left alone from now on."""
        return max(0, self._closed_until_ms - now_ms, self._trial_until_ms - now_ms)

    def succeeded(self) -> None:
        """Closes the circuit."""
        self._failures, self._pause_ms, self._trial_until_ms = 0, FIRST_PAUSE_MS, 0

    def failed(self, now_ms: int) -> None:
        """Counts a failure; from the fifth in a row on, each makes the pause longer."""
        self._failures += 1
        self._trial_until_ms = 0
        if self._failures >= FAILURES_TO_OPEN:
            self._closed_until_ms = max(self._closed_until_ms, now_ms + self._pause_ms)
            self._pause_ms = min(2 * self._pause_ms, LONGEST_PAUSE_MS)

    def hold(self, now_ms: int, for_ms: int) -> None:
        """Leaves the provider alone for as long as it asked for."""
        self._trial_until_ms = 0
        self._closed_until_ms = max(self._closed_until_ms, now_ms + min(for_ms, LONGEST_HOLD_MS))
