"""What a PostgreSQL answers to a query, through a cursor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from xacthuc.tables.rows import ROWS_AT_ONCE, UnusableTableError

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONNECT_SECONDS: Final = 30
_CLOSE_SECONDS: Final = 5
_OF_THE_QUERY: Final = ("28", "3D", "42")
"""Classes of errors that speak of the query, a name or a role, and never of data (PostgreSQL appendix A)."""


class PostgresRows:
    """A cursor, in an event loop of its own."""

    def __init__(self, name: str, url: str, query: str) -> None:
        """Asks; `name` is what messages call the query. UnusableTableError when that cannot be done."""
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
            self.headings: Sequence[str] = [each.name for each in prepared.get_attributes()]
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
