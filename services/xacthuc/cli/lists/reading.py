"""From a file to reports on numbers: which kind of file it is, what identifies it, and what each of its rows says."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xacthuc.cli.failure import EXIT_USAGE, CommandFailed
from xacthuc.cli.lists import values
from xacthuc.cli.lists.rows import COMPARED, Column, Report, Verdict
from xacthuc.phone import Mobile
from xacthuc.tables.cells import BadCellError, folded, number_text, text_of
from xacthuc.tables.encodings import Encoding, detect
from xacthuc.tables.opening import open_table
from xacthuc.tables.rows import Rejected, UnusableTableError, rows_of
from xacthuc.tables.sources import FileSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from xacthuc.cli.lists.columns import Headings
    from xacthuc.cli.lists.rows import Kind
    from xacthuc.phone import NumberPlan
    from xacthuc.tables.rows import Cell, Row, Table

_READ_AT_ONCE: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a list is read with."""

    kind: Kind
    headings: Headings
    plan: NumberPlan
    now: datetime
    observed: datetime | None = None
    """When everything on the list was seen, if the officer says so; otherwise a column does."""


class NumberList:
    """A list that is ready to be read. It may be read any number of times."""

    def __init__(self, path: Path, context: Context) -> None:
        """Looks at headings and bytes; CommandFailed, before a row is read, when it is no list of this kind."""
        self._path, self._context = path, context
        with _readable(path):
            self.digest, self._table = _opened(path, context.headings)
        """SHA-256 of the file in hexadecimal."""
        self._columns = context.headings.chosen(self._table.headings, context.kind, dated=context.observed is not None)

    @property
    def total(self) -> int:
        """About how many rows it has: exact, or a few too many."""
        return self._table.total

    def rows(self) -> Iterator[Report | Rejected]:
        """Yields what each row says, or why it says nothing: one for each row, in order."""
        columns = tuple(self._columns)
        with _readable(self._path):
            for row in rows_of(self._table, tuple(self._columns.values())):
                if isinstance(row, Rejected):
                    yield row
                else:
                    yield self._read(row, dict(zip(columns, row.cells, strict=True)))

    def _read(self, row: Row, cells: Mapping[Column, Cell]) -> Report | Rejected:
        column, context = Column.NUMBER, self._context
        try:
            number = context.plan.parse(number_text(cells[column]))
            if not isinstance(number, Mobile):
                return Rejected(row.place, column, number.reason)
            column, seen, sims = Column.OBSERVED, context.observed, 0
            if column in cells:
                seen = values.observed(cells[column], context.now)
            column = Column.SIM_COUNT
            if column in cells:
                sims = values.sim_count(cells[column])
            verdicts = {}
            for column in COMPARED:
                if column in cells:
                    verdicts[column] = self._verdict(cells[column])
        except BadCellError as bad:
            return Rejected(row.place, column, str(bad))
        return Report(
            place=row.place, number=number.e164, observed=seen or context.now, verdicts=verdicts, sim_count=sims
        )

    def _verdict(self, cell: Cell) -> Verdict:
        """Returns what a cell says of a field; one with nothing in it says that nobody knows."""
        if cell is None or (isinstance(cell, str) and cell.strip() in {"", "-"}):
            return Verdict.UNKNOWN
        found = self._context.headings.words.get(folded(text_of(cell)))
        if found is None:
            raise BadCellError("NOT_A_VERDICT")
        return found


def _opened(path: Path, headings: Headings) -> tuple[str, Table]:
    if path.exists() and not path.is_file():
        raise CommandFailed(f"{path} is not a file", exit_status=EXIT_USAGE)
    digest, lines = _looked_through(path)
    source = FileSource(path)
    encoding = detect(source.head) or Encoding.UTF_8
    return digest, open_table(
        source, lambda cells: Column.NUMBER in headings.found(cells), lines=lines, encoding=encoding
    )


def _looked_through(path: Path) -> tuple[str, int]:
    """Returns digest and number of lines of a file."""
    digest, lines, end = hashlib.sha256(), 0, b"\n"
    with path.open("rb") as file:
        while data := file.read(_READ_AT_ONCE):
            digest.update(data)
            lines += data.count(b"\n")
            end = data[-1:]
    return digest.hexdigest(), lines + (end != b"\n")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror}", exit_status=EXIT_USAGE) from None
    except UnusableTableError as error:
        raise CommandFailed(str(error), advice=error.advice, exit_status=EXIT_USAGE) from None
