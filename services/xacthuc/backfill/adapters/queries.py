"""Exports that are a query against the platform's own database: a file says what is asked, and where.

Nothing is written there: the transaction is read-only, of one moment, and the rows come through a cursor some thousands at a
time. The password stands in a file of its own, on no command line, and no message repeats it, the query's data or a cell.
"""

# ruff: noqa: PLC0415 - of two drivers, one is needed and the other may not be installed

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

from xacthuc import datafile
from xacthuc.tables.rows import EVERY, Batch, UnusableTableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from xacthuc.tables.rows import Cell, Turn

_POSTGRES: Final = ("postgresql://", "postgres://")
_MYSQL: Final = ("mysql://", "mariadb://")
_UNREADABLE: Final = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Query:
    """A file with a query."""

    query: str
    url_file: str
    """A file with the URL, `postgresql://user:password@host/database` or the same with `mysql`; relative names are beside
    this one."""

    @classmethod
    def load(cls, path: Path) -> Query:
        """Reads one; DataFileError names what is wrong with it."""
        return datafile.decode(cls, datafile.read(path))


class Rows(Protocol):
    """What a database answers, some thousand rows at a time. To be closed, however far it was read."""

    headings: Sequence[str]

    def fetch(self) -> list[Any]:
        """Returns the next rows, each a sequence of values; none at the end. UnusableTableError when that cannot be done."""
        ...

    def close(self) -> None:
        """Ends the transaction and everything else, as often as it is said."""
        ...


class QueryTable:
    """What a query returns, as a table that is read once."""

    total = 0

    def __init__(self, path: Path) -> None:
        """Asks for the first rows; UnusableTableError when that cannot be done."""
        self._name = str(path)
        query = Query.load(path)
        self._rows = _asked(self._name, _url(path, path.parent / query.url_file), query.query)
        self.headings: Sequence[str] = self._rows.headings
        try:
            self.first = self._rows.fetch()
        except BaseException:
            self._rows.close()
            raise
        """The first rows, to guess from; they are among the batches as well."""
        self._read = False

    def batches(self, wanted: Sequence[int], turn: Turn = EVERY) -> Iterator[Batch]:
        """Yields every row from 1 with its `wanted` cells; UnusableTableError the second time."""
        if self._read or turn != EVERY:
            raise UnusableTableError(f"{self._name} can be read once only", "Ask again.")
        self._read, place = True, 1
        try:
            for rows in chain([self.first], iter(self._rows.fetch, [])):
                columns = [[_cell(row[each]) for row in rows] for each in wanted]
                yield Batch(range(place, place + len(rows)), columns, ())
                place += len(rows)
        finally:
            self.close()

    def close(self) -> None:
        """Asks no more."""
        self._rows.close()


def _asked(name: str, url: str, query: str) -> Rows:
    if url.startswith(_MYSQL):
        from xacthuc.backfill.adapters.mysql_query import MySqlRows

        return MySqlRows(name, url, query)
    from xacthuc.backfill.adapters.postgres_query import PostgresRows

    return PostgresRows(name, url, query)


def _url(path: Path, file: Path) -> str:
    try:
        url = file.read_text("utf-8").strip()
    except OSError as error:
        raise UnusableTableError(f"{file} cannot be read: {error.strerror}", f"Name another in {path}.") from None
    if not url.startswith((*_POSTGRES, *_MYSQL)):
        raise UnusableTableError(
            f"{file} has no URL of a PostgreSQL or a MySQL",
            "Write postgresql://USER:PASSWORD@HOST/DATABASE or mysql://USER:PASSWORD@HOST/DATABASE.",
        )
    return url


def _cell(value: Any) -> Cell:
    """Returns a value as a cell; what is made of several values is none, and neither is a span of time."""
    if isinstance(value, bytes | list | dict | tuple | timedelta):
        return _UNREADABLE
    plain: Cell = str(value) if isinstance(value, UUID) else value
    return plain
