"""Exports as a person names them: files, patterns of files and a pipe, opened and ready to be read as accounts."""

from __future__ import annotations

import io
from dataclasses import dataclass
from glob import glob
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from xacthuc.tables.opening import count_lines, open_table
from xacthuc.tables.rows import UnusableTableError
from xacthuc.tables.sources import FileSource, PipeSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xacthuc.backfill.adapters.columns import Columns, Guesser
    from xacthuc.backfill.domain.fields import Field
    from xacthuc.tables.encodings import Encoding
    from xacthuc.tables.rows import Cell, Table
    from xacthuc.tables.sources import Source

PIPE: Final = "-"
"""How standard input is named."""
REJECTS: Final = ".rejects.csv"
"""What the name of a file of rejects ends with. It has the names of no accounts, and no pattern finds it."""
_ROWS_GUESSED_FROM: Final = 200


@dataclass(frozen=True, slots=True)
class Export:
    """An export that is ready to be read."""

    name: str
    table: Table
    columns: Columns
    places: Mapping[Field, int]
    """Which column says what."""
    size: int
    """Bytes of it where it can be read again; 0 of a pipe."""

    @property
    def unread(self) -> Sequence[str]:
        """The headings of columns that nobody asked for: they are not looked at."""
        return [each for place, each in enumerate(self.table.headings) if place not in self.places.values()]


def found(names: Sequence[str]) -> list[str]:
    """Returns the files behind names and patterns, in a certain order, each once; of patterns without files of rejects.

    UnusableTableError when there is none behind one.
    """
    files: list[str] = []
    for name in names:
        found_by_name = name == PIPE or Path(name).exists()
        behind = [name] if found_by_name else sorted(filter(_is_export, glob(name, recursive=True)))  # noqa: PTH207 - Path.glob takes no pattern from the root
        if not behind:
            raise UnusableTableError(
                f"there is no file {name}", "Name a file, a pattern such as 'exports/*.csv', or -."
            )
        files += behind
    return list(dict.fromkeys(files))


def source_of(name: str, pipe: BinaryIO) -> Source:
    """Returns the bytes of a file, or of `pipe`; UnusableTableError when they cannot be read."""
    if name == PIPE:
        return PipeSource("standard input", pipe)
    path = Path(name)
    try:
        # Of a named pipe, and of what a shell puts in the place of <(command), every byte comes once.
        return FileSource(path) if path.is_file() else PipeSource(name, path.open("rb"))
    except OSError as error:
        raise UnusableTableError(f"{name} cannot be read: {error.strerror}", "Name a file that can.") from None


def open_query(name: str, guesser: Guesser, columns: Columns | None) -> Export:
    """Returns an export that a query makes; UnusableTableError before a row is read."""
    from xacthuc.backfill.adapters.queries import QueryTable  # noqa: PLC0415 - which files do without

    table = QueryTable(Path(name))
    try:
        columns = columns or guesser.guess(table.headings, table.first[:_ROWS_GUESSED_FROM])
        return Export(name, table, columns, columns.places(table.headings), size=0)
    except UnusableTableError:
        table.close()
        raise


def is_query(name: str) -> bool:
    """Whether a file has a query in it."""
    return name.endswith(".query.toml")


def open_export(source: Source, guesser: Guesser, columns: Columns | None, encoding: Encoding | None) -> Export:
    """Returns an export, read as `columns` say, or as they are guessed; UnusableTableError before a row is read."""
    if columns is None:
        head = _head(source, guesser, encoding)
        columns = guesser.guess(head.headings, list(islice(_cells(head), _ROWS_GUESSED_FROM)))
    table = open_table(source, columns.is_heading, lines=count_lines(source), encoding=encoding)
    try:
        size = source.path.stat().st_size if source.path else 0
        return Export(source.name, table, columns, columns.places(table.headings), size)
    except UnusableTableError as error:
        raise UnusableTableError(f"{source.name}: {error}", error.advice) from None


def _head(source: Source, guesser: Guesser, encoding: Encoding | None) -> Table:
    """Returns the beginning of an export as a table of its own, so that a pipe can be read from its first row after."""
    beginning = source if source.path else PipeSource(source.name, io.BytesIO(source.head))
    return open_table(beginning, guesser.is_heading, encoding=encoding)


def _cells(table: Table) -> Iterator[Sequence[Cell]]:
    every = range(len(table.headings))
    return chain.from_iterable(zip(*batch.columns, strict=True) for batch in table.batches(every))


def _is_export(name: str) -> bool:
    return Path(name).is_file() and not name.endswith(REJECTS)
