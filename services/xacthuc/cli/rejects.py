"""The file of rows that were not used, and why, which a spreadsheet opens."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from xacthuc.cli.failure import EXIT_USAGE, CommandFailed

if TYPE_CHECKING:
    from _csv import Writer
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import TextIO


_HEAD_BYTES: Final = 1_000


@dataclass(slots=True)
class RejectFile:
    """A table with the headings `columns`; there is no file until there is something in it."""

    path: Path
    columns: Sequence[str]
    count: int = 0
    _file: TextIO | None = None
    _writer: Writer | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        """Begins."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        """Writes rows; CommandFailed when the file cannot be written."""
        try:
            for row in rows:
                self.count += 1
                self._begun().writerow(row)
        except OSError as error:
            raise CommandFailed(
                f"{self.path} cannot be written: {error.strerror}",
                advice="Name another file with --rejects.",
                exit_status=EXIT_USAGE,
            ) from None

    def _begun(self) -> Writer:
        if self._writer is None:
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow(self.columns)
        return self._writer


def is_replaceable(path: Path, columns: Sequence[str]) -> bool:
    """Whether a file of rejects may stand there: nothing does, or an empty file, or one of an earlier run, or no file."""
    if not path.is_file():
        return True  # what cannot be written, such as a folder, is told when it is opened
    with path.open("rb") as file:
        head = file.readline(_HEAD_BYTES)
    return head.decode("utf-8-sig", "replace").strip() in ("", ",".join(columns))
