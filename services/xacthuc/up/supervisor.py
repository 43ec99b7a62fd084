"""Keeps processes running: restarts one that ends, waiting longer each time, and stops them together.

Driven by `tick`, which never blocks, so that one thread watches everything and stays free to act on a signal.
"""

from __future__ import annotations

import signal
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.embedded import OwnedProcess

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.up.layout import Layout
    from xacthuc.up.plan import Program

_FIRST_PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 30.0
_SETTLED_SECONDS: Final = 60.0
_DRAIN: Final = timedelta(seconds=10)


class Supervised:
    """One program, running or waiting to be started again."""

    def __init__(self, program: Program, layout: Layout, tell: Callable[[str], None]) -> None:
        """Starts it; `tell` is given a line when something happens that a person should know."""
        self.program = program
        self._log = layout.log(program.name)
        self._tell = tell
        self._pause_seconds = _FIRST_PAUSE_SECONDS
        self._started: float | None = None
        self._resume: float | None = None
        self.process = self._start()

    def tick(self, now: float) -> None:
        """Looks after the program; `now` is on the scale of time.monotonic()."""
        if self._resume is not None:
            if now >= self._resume:
                self._resume, self._started = None, now
                self.process = self._start()
            return
        self._started = now if self._started is None else self._started
        status = self.process.exit_status
        if status is None:
            return
        if now - self._started > _SETTLED_SECONDS:
            self._pause_seconds = _FIRST_PAUSE_SECONDS
        self._resume = now + self._pause_seconds
        self._tell(
            f"{self.program.name} ended ({_describe(status)}); starting it again in {self._pause_seconds:g} s. "
            f"{self.process.last_words()}"
        )
        self._pause_seconds = min(2 * self._pause_seconds, _LONGEST_PAUSE_SECONDS)

    def ask_to_stop(self) -> None:
        """Sends SIGTERM, on which a service drains."""
        self.process.send(signal.SIGTERM)

    def stop(self) -> None:
        """Waits for the drain; what does not end in time is killed."""
        self.process.stop((signal.SIGTERM, _DRAIN))

    def _start(self) -> OwnedProcess:
        # SIGKILL, because nothing may stay behind when this process is killed, not even a drain that hangs.
        return OwnedProcess(self.program.command, log=self._log, environment=self.program.environment)


def _describe(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"status {status}"
