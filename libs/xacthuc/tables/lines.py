"""Text as lines, each by itself: what is wrong with one costs no other."""

from __future__ import annotations

import io
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Final

from xacthuc.tables.encodings import as_utf_8
from xacthuc.tables.rows import ROWS_AT_ONCE, Batch, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from xacthuc.tables.encodings import Encoding
    from xacthuc.tables.rows import Cell
    from xacthuc.tables.sources import Source

    Reader = Callable[[str], "Sequence[Cell] | str"]
    """Returns the wanted cells of a line, or why it has none that anybody could trust; no cells when it is empty."""

_LONGEST_LINE: Final = 65_536


def first_lines(source: Source, encoding: Encoding, most: int) -> Iterator[str | None]:
    """Yields the first lines; None for one that is no text."""
    with closing(as_utf_8(io.BufferedReader(io.BytesIO(source.head)), encoding)) as head:
        for line in islice(_lines(head), most):
            text = _text(line)
            yield None if isinstance(text, _Broken) else text


def batches(source: Source, encoding: Encoding, *, behind: int, width: int, read: Reader) -> Iterator[Batch]:
    """Yields what `read` makes of the lines behind the first `behind`, `width` cells a row."""
    places: list[int] = []
    rows: list[Sequence[Cell]] = []
    rejected: list[Rejected] = []
    with closing(as_utf_8(source.opened(), encoding)) as file:
        for place, line in enumerate(_lines(file), start=1):
            if place <= behind:
                continue
            text = _text(line)
            cells = text.reason if isinstance(text, _Broken) else read(text)
            if isinstance(cells, str):
                rejected.append(Rejected(place, "", cells))
            elif cells:
                places.append(place)
                rows.append(cells)
            if len(rows) >= ROWS_AT_ONCE or len(rejected) >= ROWS_AT_ONCE:
                yield Batch(places, _by_column(rows, width), rejected)
                places, rows, rejected = [], [], []
    yield Batch(places, _by_column(rows, width), rejected)


class _Broken:
    """Why a line is no text."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


_TOO_LONG: Final = _Broken("TOO_LONG")
_UNREADABLE: Final = _Broken("NOT_DECODABLE")
_NOT_TEXT: Final = _Broken("NOT_TEXT")


def _lines(file: io.BufferedReader) -> Iterator[bytes | None]:
    """Yields the lines; None for one beyond `_LONGEST_LINE`, of which no more than that is ever in memory."""
    while line := file.readline(_LONGEST_LINE):
        whole = line.endswith(b"\n") or len(line) < _LONGEST_LINE
        while not line.endswith(b"\n") and (rest := file.readline(_LONGEST_LINE)):
            line, whole = rest, False
        yield line if whole else None


def _text(line: bytes | None) -> str | _Broken:
    if line is None:
        return _TOO_LONG
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return _UNREADABLE
    return _NOT_TEXT if "\0" in text else text.rstrip("\r\n")


def _by_column(rows: Sequence[Sequence[Cell]], width: int) -> Sequence[Sequence[Cell]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width
