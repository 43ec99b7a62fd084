"""When a provider is left alone: after failures in a row, for a pause that doubles, ended by one trial message."""

from __future__ import annotations

FAILURES_TO_OPEN = 5
"""In a row. One slow answer is everyday; five are an outage, noticed after a fraction of the messages of a minute."""

FIRST_PAUSE_MS = 2_000
LONGEST_PAUSE_MS = 32_000
"""A code lives five minutes: a provider that is back is found again well within the life of what waits for it."""


class Circuit:
    """The state of one provider as one worker sees it. Instants are milliseconds since the epoch."""

    def __init__(self) -> None:
        """Starts closed: messages pass."""
        self._failures = 0
        self._pause_ms = FIRST_PAUSE_MS
        self._closed_until_ms = 0
        self._trial_until_ms = 0

    def allows(self, now_ms: int) -> bool:
        """Tells whether a message may be tried now."""
        return now_ms >= max(self._closed_until_ms, self._trial_until_ms)

    def open(self) -> bool:
        """Tells whether the provider counts as failing, until a message succeeds."""
        return self._failures >= FAILURES_TO_OPEN

    def trying(self, now_ms: int) -> None:
        """Takes note of a try: while the circuit is open, one message goes ahead and the others wait for its fate."""
        if self.open():
            self._trial_until_ms = now_ms + self._pause_ms

    def succeeded(self) -> None:
        """Closes the circuit."""
        self._failures, self._pause_ms, self._trial_until_ms = 0, FIRST_PAUSE_MS, 0

    def failed(self, now_ms: int) -> None:
        """Counts a failure; from the fifth in a row on, each makes the pause longer."""
        self._failures += 1
        self._trial_until_ms = 0
        if self.open():
            self._closed_until_ms = max(self._closed_until_ms, now_ms + self._pause_ms)
            self._pause_ms = min(2 * self._pause_ms, LONGEST_PAUSE_MS)

    def untried(self) -> None:
        """Takes back a try that was not made, or showed neither success nor failure: another may be the trial."""
        self._trial_until_ms = 0

    def hold(self, now_ms: int, for_ms: int) -> None:
        """Leaves the provider alone for as long as it asked for."""
        self._closed_until_ms = max(self._closed_until_ms, now_ms + min(for_ms, LONGEST_PAUSE_MS))
