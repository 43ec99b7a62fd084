"""An outbox as a process reads it that does nothing else with the database: through the driver, without SQLAlchemy.

Three statements do not need what makes statements: 14 MiB of memory less (docs/evidence.md).
"""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, Self

import asyncpg

from xacthuc.sql.errors import DatabaseUnavailable, meaning_of, sqlstate_of
from xacthuc.sql.happened import Event, Head, Positioned, Span

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import timedelta

_ENDS: Final = "SELECT position, forgotten_position FROM {schema}.outbox_head"
_SECRET: Final = "SELECT secret FROM {schema}.outbox_head"  # noqa: S105 - the statement that reads it
_SPAN: Final = """
SELECT head.position AS last, head.forgotten_position,
       event.position, event.platform, event.subject, event.kind, event.time, event.detail, event.trace
FROM {schema}.outbox_head AS head
LEFT JOIN {schema}.outbox AS event
  ON event.position > $1 AND event.position <= $2 AND ($3 = '' OR event.platform = $3)
ORDER BY event.position
"""


class PlainSource:
    """Owns its pool while it is entered. It connects when it is first asked."""

    def __init__(
        self,
        dsn: str,
        schema: str,
        *,
        application_name: str,
        pool_size: int,
        wait: timedelta,
        statement_timeout: timedelta,
    ) -> None:
        """`dsn` is libpq's; the rest is as for `make_engine`. Make it in the loop that uses it."""
        self._wait_seconds = wait.total_seconds()
        self._statements = [statement.format(schema=schema) for statement in (_ENDS, _SECRET, _SPAN)]
        milliseconds = str(round(statement_timeout.total_seconds() * 1000))
        self._pool = asyncpg.create_pool(
            dsn,
            min_size=0,
            max_size=pool_size,
            timeout=self._wait_seconds,
            # The server says itself that it took too long; half a second later it is taken for gone.
            command_timeout=statement_timeout.total_seconds() + 0.5,
            server_settings={"application_name": application_name, "statement_timeout": milliseconds, "jit": "off"},
        )

    @property
    def size(self) -> int:
        """How many connections there may be."""
        return self._pool.get_max_size()

    @property
    def in_use(self) -> int:
        """How many ask something now."""
        return self._pool.get_size() - self._pool.get_idle_size()

    async def __aenter__(self) -> Self:
        """Begins, and waits for no server."""
        await self._pool
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Closes all connections, whatever they do."""
        self._pool.terminate()

    async def ends(self) -> Head:
        """Returns where it begins and ends."""
        (row,) = await self._ask(self._statements[0])
        return Head(row["position"], row["forgotten_position"])

    async def secret(self) -> bytes:
        """Returns what was drawn for it."""
        (row,) = await self._ask(self._statements[1])
        return bytes(row["secret"])

    async def span(self, *, after: int, until: int, platform: str = "") -> Span:
        """Returns the events behind `after` up to `until`, of one platform or all, and its ends at that moment."""
        rows = await self._ask(self._statements[2], after, until, platform)
        head = Head(rows[0]["last"], rows[0]["forgotten_position"])
        return Span(head, [_positioned(row) for row in rows if row["position"] is not None])

    async def _ask(self, statement: str, *values: object) -> list[Any]:
        async with self._connection() as connection:
            return list(await connection.fetch(statement, *values))

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[Any]:
        try:
            async with self._pool.acquire(timeout=self._wait_seconds) as connection:
                try:
                    yield connection
                except TimeoutError:
                    connection.terminate()  # its server says nothing, and would not to a goodbye either
                    raise
        except OSError as error:  # a refused connection and a silent server (TimeoutError)
            raise DatabaseUnavailable(type(error).__name__) from error
        except asyncpg.PostgresError as error:
            raise meaning_of(error, sqlstate_of(error), lost=False).with_traceback(error.__traceback__) from None
        except asyncpg.InterfaceError as error:  # the connection ended while it was asked
            raise DatabaseUnavailable(type(error).__name__) from error


def _positioned(row: Any) -> Positioned:
    return Positioned(
        row["position"],
        Event(
            platform=row["platform"],
            subject=row["subject"],
            kind=row["kind"],
            time=row["time"],
            detail=json.loads(row["detail"]),
            trace=row["trace"],
        ),
    )
