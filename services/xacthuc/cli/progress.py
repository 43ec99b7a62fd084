"""How far a long command is: a bar for a person at a terminal, a line now and then for a log."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Final, Self

from xacthuc.cli.output import note

if TYPE_CHECKING:
    from types import TracebackType

_MOMENT: Final = 0.001
_LINES: Final = 20
"""How many a log gets, whatever the size."""


class Progress:
    """Of a number of steps that is known, or nearly."""

    def __init__(self, what: str, total: int, *, shown: bool) -> None:
        """Takes what is counted, such as `rows`, and how many there are."""
        self._what, self._total, self._shown = what, total, shown
        self._told = self._done = self._first = 0
        self._began = 0.0
        self._bar: Any = None

    def __enter__(self) -> Self:
        """Begins."""
        if self._shown and sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415 - 60 ms that only a person at a terminal has to pay
            from rich.progress import (  # noqa: PLC0415 - as above
                BarColumn,
                MofNCompleteColumn,
                TextColumn,
                TimeRemainingColumn,
            )
            from rich.progress import Progress as Bar  # noqa: PLC0415 - as above

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
            )
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._bar.add_task(self._what, total=self._total, rate="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leaves the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()

    def reach(self, done: int) -> None:
        """Tells that `done` steps are done."""
        if not self._shown:
            return
        if not self._done:
            self._first, self._began = (
                done,
                time.monotonic(),
            )  # steps that an earlier run did tell nothing of this one's pace
        self._done = done
        pace = (done - self._first) / max(time.monotonic() - self._began, _MOMENT)
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done, rate=f"{pace:,.0f}/s")
        elif (done - self._told) * _LINES >= self._total:
            self._told = done
            left = f", {pace:.0f}/s, {max(0, self._total - done) / pace:.0f} s left" if pace else ""
            note(f"{done} of {max(done, self._total)} {self._what}{left}")

    def advance(self, steps: int) -> None:
        """Tells that so many more steps are done."""
        self.reach(self._done + steps)
