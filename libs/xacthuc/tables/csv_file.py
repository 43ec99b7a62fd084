"""Tables as text: commas, semicolons or tabs; a row is a line.

A line is never read together with the next, so that a quotation mark that somebody forgot costs one row and not all that
follow; a cell with a line break in it costs its row too.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

from xacthuc.tables.lines import batches, first_lines
from xacthuc.tables.rows import EVERY, UnusableTableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from xacthuc.tables.encodings import Encoding
    from xacthuc.tables.rows import Batch, Turn
    from xacthuc.tables.sources import Source

_SEPARATORS: Final = (",", ";", "\t")
_LINES_LOOKED_AT: Final = 20
"""In search of the headings: lists of authorities begin with a title."""


class CsvFile:
    """A table as text."""

    def __init__(
        self, source: Source, encoding: Encoding, lines: int, is_heading: Callable[[Sequence[str]], bool]
    ) -> None:
        """Finds the headings; `lines` is how many there are, 0 when nobody knows. UnusableTableError for no text."""
        self._source, self._encoding = source, encoding
        self._heading_line, self._separator, self.headings = _find_headings(source, encoding, is_heading)
        self.total = max(0, lines - self._heading_line)

    def batches(self, wanted: Sequence[int], turn: Turn = EVERY) -> Iterator[Batch]:
        """Yields a row a line with its `wanted` cells, below the headings; lines with nothing on them are none."""
        width, separator, picked = len(self.headings), self._separator, tuple(wanted)
        everything, first = picked == tuple(range(width)), picked[0]

        def read(line: str) -> Sequence[str] | str:
            cells: list[str] | str = line.split(separator) if '"' not in line else _cells(line, separator)
            if isinstance(cells, str):
                return cells
            if len(cells) == width and cells[first]:  # nearly always
                return cells if everything else [cells[each] for each in picked]
            if not any(map(str.strip, cells)):
                return ()
            if len(cells) > width and any(map(str.strip, cells[width:])):
                return "TOO_MANY_CELLS"
            cells += [""] * width
            return [cells[each] for each in picked]

        return batches(self._source, self._encoding, behind=self._heading_line, width=len(wanted), read=read, turn=turn)


def _find_headings(
    source: Source, encoding: Encoding, is_heading: Callable[[Sequence[str]], bool]
) -> tuple[int, str, Sequence[str]]:
    """Returns line, separator and cells of the headings; of the first line with the most cells when none looks like it."""
    first: tuple[int, str, Sequence[str]] | None = None
    is_text = True
    for place, line in enumerate(first_lines(source, encoding, _LINES_LOOKED_AT), start=1):
        readings = ((each, _cells(line or "", each)) for each in _SEPARATORS)
        candidates = [(place, each, cells) for each, cells in readings if isinstance(cells, list)]
        is_text = is_text and line is not None and bool(candidates)
        candidates.sort(key=lambda each: -len(each[2]))
        for candidate in candidates:
            if is_heading(candidate[2]):
                return candidate
        if candidates and any(map(str.strip, candidates[0][2])):
            first = first or candidates[0]
    if first is None or not is_text:
        raise UnusableTableError(
            f"{source.name} is neither text in {encoding.upper()} nor Parquet", "Save it as CSV in UTF-8 and try again."
        )
    return first


def _cells(line: str, separator: str) -> list[str] | str:
    """Returns the cells of a line, or why it has none that anybody could trust."""
    if '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader((line,), delimiter=separator, strict=True))
    except csv.Error:
        return "OPEN_QUOTES"
