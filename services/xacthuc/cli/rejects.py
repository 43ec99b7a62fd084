"""The file of rows that were not used, and why, which a spreadsheet opens."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from _csv import Writer
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import TextIO


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
        """Writes rows."""
        for row in rows:
            self.count += 1
            self._begun().writerow(row)

    def _begun(self) -> Writer:
        if self._writer is None:
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow(self.columns)
        return self._writer
