"""When somebody who fails is left alone: after failures in a row, for a pause that doubles, ended by one trial.

Owns the states of a circuit breaker, not who is asked nor what a failure is. How long to be patient depends on what waits
meanwhile, so each service says that for itself in a subclass.
"""

from __future__ import annotations

from typing import ClassVar, Final

FAILURES_TO_OPEN: Final = 5
"""In a row. One slow answer is everyday; five are an outage."""

FIRST_PAUSE_MS: Final = 2_000


class Circuit:
    """The state of one provider as one process sees it. Instants are milliseconds since the epoch."""

    longest_pause_ms: ClassVar[int]
    longest_hold_ms: ClassVar[int]
    """What a provider may ask for at most: one absurd header must not close it for a day."""

    def __init__(self) -> None:
        """Starts closed: questions pass."""
        self._failures = 0
        self._pause_ms = FIRST_PAUSE_MS
        self._closed_until_ms = 0
        self._trial_until_ms = 0

    def open(self) -> bool:
        """Tells whether the provider counts as failing, until something succeeds."""
        return self._failures >= FAILURES_TO_OPEN

    def wait_ms(self, now_ms: int) -> int:
        """Returns for how many ms the provider is left alone from now on."""
        return max(0, self._closed_until_ms - now_ms, self._trial_until_ms - now_ms)

    def allows(self, now_ms: int) -> bool:
        """Tells whether the provider may be tried now."""
        return not self.wait_ms(now_ms)

    def trying(self, now_ms: int) -> None:
        """Takes note of a try: while the circuit is open, it is the trial, and others wait for its fate.

        They wait no longer than the pause, should that never be told.
        """
        if self.open():
            self._trial_until_ms = now_ms + self._pause_ms

    def enter(self, now_ms: int) -> int:
        """Returns 0 when the provider may be tried now, which is then noted, else for how many ms to wait."""
        wait_ms = self.wait_ms(now_ms)
        if not wait_ms:
            self.trying(now_ms)
        return wait_ms

    def succeeded(self) -> None:
        """Closes the circuit."""
        self._failures, self._pause_ms, self._trial_until_ms = 0, FIRST_PAUSE_MS, 0

    def failed(self, now_ms: int) -> None:
        """Counts a failure; from the fifth in a row on, each makes the pause longer."""
        self._failures += 1
        self._trial_until_ms = 0
        if self.open():
            self._closed_until_ms = max(self._closed_until_ms, now_ms + self._pause_ms)
            self._pause_ms = min(2 * self._pause_ms, self.longest_pause_ms)

    def untried(self) -> None:
        """Takes back a try that was not made, or showed neither success nor failure: another may be the trial."""
        self._trial_until_ms = 0

    def hold(self, now_ms: int, for_ms: int) -> None:
        """Leaves the provider alone for as long as it asked for; a trial is over with that answer."""
        self._trial_until_ms = 0
        self._closed_until_ms = max(self._closed_until_ms, now_ms + min(for_ms, self.longest_hold_ms))
