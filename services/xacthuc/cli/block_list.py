"""Block lists as operators and authorities send them: one number a line, or a column of a table.

Reads UTF-8 with or without a mark, and UTF-16 with one, as spreadsheets write them; commas, semicolons or tabs between
columns; with or without a row of headings. What is a mobile number the service decides. Nothing is held but the line at
hand, however long the list, and however long a line that somebody put there.
"""

from __future__ import annotations

import codecs
import csv
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from xacthuc.cli.failure import EXIT_USAGE, CommandFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST: Final = 64
"""Characters of a number in any spelling, as the contract has it."""

REJECT_COLUMNS: Final = ("line", "number", "reason")

_LONGEST_LINE: Final = 65_536
_SEPARATORS: Final = (";", "\t", ",")
_LINES_LOOKED_AT: Final = 20
_HARMLESS: Final = re.compile(r"[0-9 +().-]*")


@dataclass(frozen=True, slots=True)
class Row:
    """A number as it stands in the file."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not blocked."""

    row: Row
    reason: str


def read(path: Path, column: int) -> Iterator[Row | Rejected]:
    """Yields the rows of a file, those that cannot be sent at all as rejected; CommandFailed when it is no text."""
    separator = _separator(path)
    for line, text in _lines(path):
        cells = next(csv.reader((text,), delimiter=separator), [])
        number = cells[column].strip() if column < len(cells) else ""
        if not any(cell.strip() for cell in cells):
            continue
        if line == 1 and not any(letter.isdigit() for letter in number):
            continue  # a heading
        row = Row(line, number[:LONGEST])
        if not number:
            yield Rejected(row, "EMPTY")
        elif len(number) > LONGEST or len(text) > _LONGEST_LINE:
            yield Rejected(row, "TOO_LONG")
        else:
            yield row


def count(path: Path, column: int) -> int:
    """Returns how many rows `read` yields. So the whole file is known to be text before any of it is sent."""
    return sum(1 for _ in read(path, column))


def reject_rows(rejected: list[Rejected]) -> Iterator[tuple[int, str, str]]:
    """Yields what stands below REJECT_COLUMNS, in the order of their lines."""
    for each in sorted(rejected, key=lambda each: each.row.line):
        yield each.row.line, _cell(each.row.text), each.reason


def _cell(text: str) -> str:
    """Returns a cell as text: a list from elsewhere must not have a formula run in the reader's spreadsheet."""
    return text if _HARMLESS.fullmatch(text) or text[0] not in "=+-@" else f"'{text}"


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yields the lines and their numbers from 1; a longer one than `_LONGEST_LINE` by its beginning."""
    try:
        if not path.is_file() and path.exists():
            raise CommandFailed(f"{path} is not a file", exit_status=EXIT_USAGE)
        with path.open(encoding=_encoding(path)) as file:
            number = 0
            while text := file.readline(_LONGEST_LINE + 1):
                number += 1
                rest = text
                while len(rest) > _LONGEST_LINE and not rest.endswith("\n"):
                    rest = file.readline(_LONGEST_LINE + 1)
                if "\0" in text:  # UTF-16 without its mark, or no text at all
                    raise _no_text(path)
                yield number, text if len(text) > _LONGEST_LINE else text.rstrip("\n")
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror}", exit_status=EXIT_USAGE) from None
    except UnicodeError:
        raise _no_text(path) from None


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        marked = file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    return "utf-16" if marked else "utf-8-sig"


def _no_text(path: Path) -> CommandFailed:
    return CommandFailed(
        f"{path} is not text in UTF-8", advice="Save it as CSV in UTF-8 and try again.", exit_status=EXIT_USAGE
    )


def _separator(path: Path) -> str:
    """Returns what stands between columns: what most of the first lines have, a comma last: numbers may hold one."""
    first = [line for _, line in islice(_lines(path), _LINES_LOOKED_AT)]
    return max(_SEPARATORS, key=lambda each: sum(each in line for line in first))
