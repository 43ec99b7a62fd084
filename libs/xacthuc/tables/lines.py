"""Text as lines, each by itself: what is wrong with one costs no other.

Whole blocks are decoded and split at once, which is most of the speed; only a block with something wrong in it is looked
at line by line.
"""

from __future__ import annotations

import io
from contextlib import closing
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, TypeAlias

from xacthuc.tables.encodings import as_utf_8
from xacthuc.tables.rows import ROWS_AT_ONCE, Batch, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from xacthuc.tables.encodings import Encoding
    from xacthuc.tables.rows import Cell, Turn
    from xacthuc.tables.sources import Source

    Reader = Callable[[str], "Sequence[Cell] | str"]
    """Returns a list of the wanted cells of a line, or why it has none that anybody could trust; nothing for an empty one."""

_LONGEST_LINE: Final = 65_536
_BLOCK: Final = 1 << 18


class _Broken:
    """Why a line is no text."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


Line: TypeAlias = str | _Broken

_TOO_LONG: Final = _Broken("TOO_LONG")
_UNREADABLE: Final = _Broken("NOT_DECODABLE")
_NOT_TEXT: Final = _Broken("NOT_TEXT")


def first_lines(source: Source, encoding: Encoding, most: int) -> Iterator[str | None]:
    """Yields the first lines; None for one that is no text."""
    with closing(as_utf_8(io.BufferedReader(io.BytesIO(source.head)), encoding)) as head:
        for line in islice(chain.from_iterable(_blocks(head)), most):
            yield None if isinstance(line, _Broken) else line


def batches(
    source: Source, encoding: Encoding, *, behind: int, width: int, read: Reader, turn: Turn
) -> Iterator[Batch]:
    """Yields what `read` makes of the lines behind the first `behind`, `width` cells a row."""
    place = number = 0
    with closing(as_utf_8(source.opened(), encoding)) as file:
        for lines in _blocks(file):
            for first in range(max(0, behind - place), len(lines), ROWS_AT_ONCE):
                if turn.has(number):
                    yield _batch(lines[first : first + ROWS_AT_ONCE], place + first + 1, width, read)
                number += 1
            place += len(lines)


def _batch(lines: Sequence[Line], first: int, width: int, read: Reader) -> Batch:
    rows = [line.reason if isinstance(line, _Broken) else read(line) for line in lines]
    places: Sequence[int] = range(first, first + len(rows))
    rejected: Sequence[Rejected] = ()
    if not all(row.__class__ is list for row in rows):
        rejected = [Rejected(place, "", row) for place, row in zip(places, rows, strict=True) if isinstance(row, str)]
        kept = [(place, row) for place, row in zip(places, rows, strict=True) if row and not isinstance(row, str)]
        places, rows = [place for place, _ in kept], [row for _, row in kept]
    return Batch(places, list(zip(*rows, strict=True)) if rows else [()] * width, rejected)


def _blocks(file: io.BufferedReader) -> Iterator[list[Line]]:
    """Yields the lines, some thousands at a time. Of one beyond `_LONGEST_LINE` no more than a block is ever in memory."""
    rest = b""
    while data := file.read(_BLOCK):
        block, newline, rest = (rest + data).rpartition(b"\n")
        if newline:
            yield _split(block)
        if len(rest) > _LONGEST_LINE:
            rest = _skip(file)
            yield [_TOO_LONG]
    if rest:
        yield _split(rest)


def _skip(file: io.BufferedReader) -> bytes:
    """Reads over what is left of a line; returns what follows it in the same block."""
    while data := file.read(_BLOCK):
        _, newline, rest = data.partition(b"\n")
        if newline:
            return rest
    return b""


def _split(block: bytes) -> list[Line]:
    try:
        text = block.decode()
    except UnicodeDecodeError:
        text = ""
    if text and "\0" not in text:
        lines = text.replace("\r\n", "\n").removesuffix("\r").split("\n")
        if max(map(len, lines)) * 4 <= _LONGEST_LINE:  # no character has more than four bytes
            return [*lines]
    return [_line(each) for each in block.split(b"\n")]


def _line(line: bytes) -> Line:
    if len(line) > _LONGEST_LINE:
        return _TOO_LONG
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return _UNREADABLE
    return _NOT_TEXT if "\0" in text else text.rstrip("\r")
