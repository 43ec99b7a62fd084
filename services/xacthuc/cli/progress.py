"""How far a long command is: a bar for a person at a terminal, a line now and then for a log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, Self

from xacthuc.cli.output import note

if TYPE_CHECKING:
    from types import TracebackType

_LINES: Final = 20
"""How many a log gets, whatever the size."""


class Progress:
    """Of a number of steps that is known, or nearly."""

    def __init__(self, what: str, total: int, *, shown: bool) -> None:
        """Takes what is counted, such as `rows`, and how many there are."""
        self._what, self._total, self._shown = what, total, shown
        self._told = 0
        self._bar: Any = None

    def __enter__(self) -> Self:
        """Begins."""
        if self._shown and sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415 - 60 ms that only a person at a terminal has to pay
            from rich.progress import Progress as Bar  # noqa: PLC0415 - as above

            self._bar = Bar(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._bar.add_task(self._what, total=self._total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leaves the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()

    def reach(self, done: int) -> None:
        """Tells that `done` steps are done."""
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done)
        elif self._shown and (done - self._told) * _LINES >= self._total:
            self._told = done
            note(f"{done} of {max(done, self._total)} {self._what}")
