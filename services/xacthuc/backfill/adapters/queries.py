"""Exports that are a query against the platform's own PostgreSQL: a file says what is asked, and where.

Nothing is written there: the transaction is read-only, of one moment, and the rows come through a cursor some thousands at a
time. The password stands in a file of its own, on no command line, and no message repeats it, the query's data or a cell.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import asyncpg

from xacthuc import datafile
from xacthuc.tables.rows import EVERY, ROWS_AT_ONCE, Batch, UnusableTableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from xacthuc.tables.rows import Cell, Turn


_SCHEMES: Final = ("postgresql://", "postgres://")
_CONNECT_SECONDS: Final = 30
_CLOSE_SECONDS: Final = 5
_OF_THE_QUERY: Final = ("28", "3D", "42")
"""Classes of errors that speak of the query, a name or a role, and never of data (PostgreSQL appendix A)."""
_UNREADABLE: Final = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Query:
    """A file with a query."""

    query: str
    url_file: str
    """A file with the URL, `postgresql://user:password@host/database`; relative names are beside this one."""

    @classmethod
    def load(cls, path: Path) -> Query:
        """Reads one; DataFileError names what is wrong with it."""
        return datafile.decode(cls, datafile.read(path))


class QueryTable:
    """What a query returns, as a table that is read once."""

    total = 0

    def __init__(self, path: Path) -> None:
        """Asks for the first rows; UnusableTableError when that cannot be done."""
        self._name = str(path)
        query = Query.load(path)
        url = _url(path, path.parent / query.url_file)
        self._rows = _Rows(self._name, url, query.query)
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


class _Rows:
    """A cursor, in an event loop of its own."""

    def __init__(self, name: str, url: str, query: str) -> None:
        self._name, self._loop = name, asyncio.new_event_loop()
        try:
            self._loop.run_until_complete(self._open(url, query))
        except BaseException:
            self._loop.close()
            raise

    async def _open(self, url: str, query: str) -> None:
        try:
            self._connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            raise self._refused("the database cannot be reached", error) from None
        try:
            await self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            prepared = await self._connection.prepare(query)
            self.headings = [each.name for each in prepared.get_attributes()]
            self._cursor = await prepared.cursor()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            await _end(self._connection)
            raise self._refused("the query cannot be asked", error) from None

    def fetch(self) -> list[Any]:
        """Returns the next rows; none at the end. OSError when the database breaks off."""
        try:
            return self._loop.run_until_complete(self._cursor.fetch(ROWS_AT_ONCE))
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise self._refused("the database broke off", error) from None

    def close(self) -> None:
        """Ends the transaction and everything else."""
        if not self._loop.is_closed():
            self._loop.run_until_complete(_end(self._connection))
            self._loop.close()

    def _refused(self, what: str, error: Exception) -> UnusableTableError:
        state = getattr(error, "sqlstate", None) or ""
        said = str(error) if state.startswith(_OF_THE_QUERY) else state or type(error).__name__
        return UnusableTableError(
            f"{self._name}: {what}: {said}", "Correct the query, or the URL in the file it names."
        )


async def _end(connection: asyncpg.Connection) -> None:
    try:
        await connection.close(timeout=_CLOSE_SECONDS)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        connection.terminate()


def _url(path: Path, file: Path) -> str:
    try:
        url = file.read_text("utf-8").strip()
    except OSError as error:
        raise UnusableTableError(f"{file} cannot be read: {error.strerror}", f"Name another in {path}.") from None
    if not url.startswith(_SCHEMES):
        raise UnusableTableError(
            f"{file} has no URL of a PostgreSQL", "Write postgresql://USER:PASSWORD@HOST/DATABASE."
        )
    return url


def _cell(value: Any) -> Cell:
    """Returns a value as a cell; what is made of several values is none."""
    if isinstance(value, bytes | list | dict | tuple):
        return _UNREADABLE
    plain: Cell = str(value) if isinstance(value, UUID) else value
    return plain
