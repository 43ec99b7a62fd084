"""What a command prints to standard output: one JSON value for programs, a table for people.

People at a terminal get colours; a pipe gets plain aligned columns, and rich is not even loaded.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    Record = Mapping[str, Any]


def print_record(record: Record, labels: Mapping[str, str], *, as_json: bool) -> None:
    """Prints one thing: `labels` says which fields people see, and their names."""
    if as_json:
        print_json(record)
        return
    _columns([[label, text_of(record.get(field))] for field, label in labels.items()], heading=False)


def print_records(records: Sequence[Record], labels: Mapping[str, str], *, empty: str, as_json: bool) -> None:
    """Prints a list: a JSON array, or a table; `empty` tells people how to get a first one."""
    if as_json:
        print_json(list(records))
    elif records:
        rows = [[text_of(record.get(field)) for field in labels] for record in records]
        _columns([list(labels.values()), *rows], heading=True)
    else:
        note(empty)


def print_line(record: Record, fields: Iterable[str]) -> None:
    """Prints one thing of a stream as it comes."""
    sys.stdout.write("  ".join(text_of(record.get(field)) for field in fields) + "\n")
    sys.stdout.flush()


def print_json(value: Any) -> None:
    """Prints one JSON value on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_file(path: Path, told: str, *, as_json: bool) -> None:
    """Names the file that a command wrote to a program; tells people what `told` says of it."""
    if as_json:
        print_json({"file": str(path)})
    else:
        note(told)


def note(line: str) -> None:
    """Tells people something beside the result, on standard error."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def text_of(value: Any) -> str:
    """Returns a value as people read it."""
    if value is None or value == "":
        return "-"
    if isinstance(value, list):
        return ", ".join(text_of(each) for each in value) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _columns(rows: Sequence[Sequence[str]], *, heading: bool) -> None:
    if sys.stdout.isatty():
        _columns_in_colour(rows, heading=heading)
        return
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sys.stdout.writelines(_plain(row, widths) for row in rows)


def _plain(row: Iterable[str], widths: Iterable[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"


def _columns_in_colour(rows: Sequence[Sequence[str]], *, heading: bool) -> None:
    from rich.console import Console  # noqa: PLC0415 - 60 ms that only a person at a terminal has to pay
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(show_header=heading, box=None, padding=(0, 2, 0, 0), header_style="dim")
    for index, title in enumerate(rows[0]):
        table.add_column(title if heading else "", style="dim" if index == 0 and not heading else "", overflow="fold")
    for row in rows[1:] if heading else rows:
        table.add_row(*map(Text, row))  # Text, so that brackets in a name are not read as markup
    Console().print(table)
