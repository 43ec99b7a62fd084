"""Following what another service streams, from where the last process left off.

One process at a time, over all of them: whoever holds an advisory lock. It belongs to a session, and every transaction of
the work runs in that session, so that a process which lost the lock cannot save anything any more. How far was read is
saved with what follows from it; what was told and not saved is told again and changes nothing the second time.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from sqlalchemy import Column, LargeBinary, Table, func, select
from sqlalchemy.dialects.postgresql import insert

from xacthuc.grpckit.errors import InvalidRequest, OutOfRange, XacthucError
from xacthuc.sql.columns import instant, word
from xacthuc.sql.engine import session
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
    from datetime import datetime

    from sqlalchemy import MetaData
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.telemetry.tracing import Tracer

LONGEST_PAUSE: Final = timedelta(seconds=30)
_FIRST_PAUSE_SECONDS: Final = 0.5

T = TypeVar("T")
R = TypeVar("R")


class Stream(NamedTuple):
    """What is followed."""

    name: str
    """Of its cursor, and with the schema that of the lock."""
    noun: str
    """What it tells of, as the log says it."""


def cursors_table(metadata: MetaData) -> Table:
    """Adds the table of cursors: how far what other services stream has been dealt with."""
    return Table(
        "cursors",
        metadata,
        word("stream", primary_key=True),
        Column("position", LargeBinary, nullable=False),
        instant("update_time"),
    )


class Told(NamedTuple, Generic[T]):
    """Something that a stream told."""

    cursor: bytes
    """Behind it."""
    what: T
    traces: Collection[str] = ()
    """The steps that led to it, as `traceparent` of W3C Trace Context; those alone that are recorded."""


class Following(Generic[T, R]):
    """Runs beside the calls, in every process."""

    def __init__(
        self,
        engine: AsyncEngine,
        cursors: Table,
        stream: Stream,
        clock: Clock,
        *,
        tracer: Tracer,
        watch: Callable[[bytes], AsyncGenerator[Told[T], None]],
        deal: Callable[[AsyncConnection, T, datetime], Awaitable[R]],
        dealt: Callable[[R], Awaitable[None]],
        gap: Callable[[], None] = lambda: None,
        longest_pause: timedelta = LONGEST_PAUSE,
    ) -> None:
        """Takes the sessions, where cursors lie, and what to do.

        `watch` yields what is told behind a cursor, and dealing with it is a step of the traces it says; `deal` writes what
        follows from it in the transaction of the cursor, `dealt` hears after the commit what that was, and `gap` when
        something was lost to us. `longest_pause` is also how long it may take until another process goes on after this one
        died.
        """
        self._engine = engine
        self._cursors = cursors
        self._stream = stream
        self._clock = clock
        self._tracer = tracer
        self._watch = watch
        self._deal = deal
        self._dealt = dealt
        self._gap = gap
        self._longest_pause_seconds = longest_pause.total_seconds()
        lock = func.hashtextextended(f"{cursors.schema}.{stream.name}", 0)
        self._lock = select(func.pg_try_advisory_lock(lock))
        self._unlock = select(func.pg_advisory_unlock(lock))
        self._log = get_logger()

    async def run(self) -> None:
        """Follows until cancelled. Whoever is down is waited for, longer each time up to a limit."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                pause = _FIRST_PAUSE_SECONDS if await self.follow() else self._longest_pause_seconds
            except (DatabaseUnavailable, XacthucError) as error:
                self._log.warning(f"{self._stream.noun}_wait", cause=type(error).__name__)
                pause = min(pause * 2, self._longest_pause_seconds)
            # Drawn, so that processes which lost the same peer do not come back at one moment.
            await asyncio.sleep(pause * random.uniform(0.5, 1))

    async def follow(self) -> bool:
        """Deals with what is told until the stream ends; False when another process is at it."""
        async with session(self._engine) as connection:
            async with connection.begin():
                held = await connection.scalar(self._lock)
            if not held:
                return False
            try:
                await self._read_on(connection)
            finally:
                # A session that is given back with the lock would keep it for as long as the pool lives.
                if not connection.closed and not connection.invalidated:
                    async with connection.begin():
                        await connection.execute(self._unlock)
        return True

    async def _read_on(self, connection: AsyncConnection) -> None:
        async with connection.begin():
            of = self._cursors.c
            cursor = await connection.scalar(select(of.position).where(of.stream == self._stream.name))
        try:
            await self._read(connection, cursor or b"")
        # The peer's record may be another one than that in which the cursor was made: no repetition mends either.
        except (OutOfRange, InvalidRequest):
            self._log.warning(f"{self._stream.noun}_lost")
            self._gap()
            await self._read(connection, b"")

    async def _read(self, connection: AsyncConnection, cursor: bytes) -> None:
        async with aclosing(self._watch(cursor)) as stream:
            async for told in stream:
                now = self._clock.now()
                with self._tracer.shared(f"follow {self._stream.name}", told.traces):
                    async with connection.begin():
                        result = await self._deal(connection, told.what, now)
                        await self._save(connection, told.cursor, now)
                await self._dealt(result)

    async def _save(self, connection: AsyncConnection, cursor: bytes, now: datetime) -> None:
        kept = insert(self._cursors).values(stream=self._stream.name, position=cursor, update_time=now)
        await connection.execute(
            kept.on_conflict_do_update(index_elements=["stream"], set_={"position": cursor, "update_time": now})
        )
