"""Lists as text: UTF-8 with or without a mark; commas, semicolons or tabs; a row is a line.

A line is never read together with the next, so that a quotation mark that somebody forgot costs one row and not all that
follow; a cell with a line break in it costs its row too.
"""

from __future__ import annotations

import codecs
import csv
from typing import TYPE_CHECKING, BinaryIO, Final

from xacthuc.cli.failure import EXIT_USAGE, CommandFailed
from xacthuc.cli.lists.rows import Rejected, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

_LONGEST_LINE: Final = 65_536
_SEPARATORS: Final = (",", ";", "\t")
_LINES_LOOKED_AT: Final = 20
"""In search of the headings: lists of authorities begin with a title."""


class CsvFile:
    """A list as text."""

    def __init__(self, path: Path, lines: int, is_heading: Callable[[Sequence[str]], bool]) -> None:
        """Finds the row of headings among the first of `lines` lines; CommandFailed when that is not text at all."""
        self._path = path
        self._heading_line, self._separator, self.headings = _find_headings(path, is_heading)
        self.total = max(0, lines - self._heading_line)

    def rows(self, wanted: Sequence[int]) -> Iterator[Row | Rejected]:
        """Yields a row a line with its `wanted` cells, below the headings; lines with nothing on them are none."""
        width = len(self.headings)
        with self._path.open("rb") as file:
            for place, line in enumerate(_lines(file), start=1):
                if place <= self._heading_line:
                    continue
                read = _cells(line, self._separator)
                if isinstance(read, str):
                    yield Rejected(place, "", read)
                elif not any(map(str.strip, read)):
                    continue
                elif len(read) > width and any(map(str.strip, read[width:])):
                    yield Rejected(place, "", "TOO_MANY_CELLS")
                else:
                    yield Row(place, [read[each] if each < len(read) else "" for each in wanted])


def _find_headings(path: Path, is_heading: Callable[[Sequence[str]], bool]) -> tuple[int, str, Sequence[str]]:
    """Returns line, separator and cells of the headings; of the first line with the most cells when none looks like it."""
    first: tuple[int, str, Sequence[str]] | None = None
    is_text = True
    with path.open("rb") as file:
        for place, line in zip(range(1, _LINES_LOOKED_AT + 1), _lines(file), strict=False):
            candidates = [(place, each, read) for each in _SEPARATORS if isinstance(read := _cells(line, each), list)]
            is_text = is_text and bool(candidates)
            candidates.sort(key=lambda each: -len(each[2]))
            for candidate in candidates:
                if is_heading(candidate[2]):
                    return candidate
            if candidates and any(map(str.strip, candidates[0][2])):
                first = first or candidates[0]
    if first is None or not is_text:
        raise _no_text(path)
    return first


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    """Yields the lines; None for one beyond `_LONGEST_LINE`, of which no more than that is ever in memory."""
    first = True
    while line := file.readline(_LONGEST_LINE):
        whole = line.endswith(b"\n") or len(line) < _LONGEST_LINE
        while not line.endswith(b"\n") and (rest := file.readline(_LONGEST_LINE)):
            line, whole = rest, False
        if not whole:
            yield None
        else:
            yield line.removeprefix(codecs.BOM_UTF8) if first else line
        first = False


def _cells(line: bytes | None, separator: str) -> list[str] | str:
    """Returns the cells of a line, or why it has none that anybody could trust."""
    if line is None:
        return "TOO_LONG"
    try:
        text = line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        return "NOT_UTF_8"
    if "\0" in text:
        return "NOT_TEXT"
    if '"' not in text:
        return text.split(separator)
    try:
        return next(csv.reader((text,), delimiter=separator, strict=True))
    except csv.Error:
        return "OPEN_QUOTES"


def _no_text(path: Path) -> CommandFailed:
    return CommandFailed(
        f"{path} is neither text in UTF-8 nor Parquet",
        advice="Save it as CSV in UTF-8 and try again.",
        exit_status=EXIT_USAGE,
    )
