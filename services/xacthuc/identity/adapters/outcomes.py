"""Follows what becomes of messages, as the one-time-code service tells it, from where the last process left off.

One process at a time, over all of them: whoever holds an advisory lock. It belongs to a session, and every transaction of
the work runs in that session, so that a process which lost the lock cannot save anything any more. How far was read is
saved with what follows from it; what was told and not saved is told again and changes nothing the second time.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from xacthuc.grpckit.errors import OutOfRange, XacthucError
from xacthuc.identity.adapters import otp_acts
from xacthuc.identity.adapters.tables import cursors
from xacthuc.sql.engine import session
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.inactive_numbers import InactiveNumbers
    from xacthuc.identity.adapters.otp_client import OtpClient, Told

STREAM: Final = "otp.outcomes"
"""Name of the cursor, and of the lock."""

LONGEST_PAUSE: Final = timedelta(seconds=30)
_FIRST_PAUSE_SECONDS: Final = 0.5
_LOCK: Final = select(func.pg_try_advisory_lock(func.hashtextextended(f"identity.{STREAM}", 0)))
_UNLOCK: Final = select(func.pg_advisory_unlock(func.hashtextextended(f"identity.{STREAM}", 0)))


class OutcomeWatch:
    """Runs beside the calls, in every process."""

    def __init__(
        self,
        engine: AsyncEngine,
        otp: OtpClient,
        inactive: InactiveNumbers,
        clock: Clock,
        *,
        changed: Callable[[str, Collection[str]], Awaitable[None]],
        gap: Callable[[], None],
    ) -> None:
        """`changed` hears of accounts after a commit, by platform; `gap` when outcomes were lost to us."""
        self._engine = engine
        self._otp = otp
        self._inactive = inactive
        self._clock = clock
        self._changed = changed
        self._gap = gap
        self._log = get_logger()

    async def run(self) -> None:
        """Follows until cancelled. Whoever is down is waited for, longer each time up to a limit."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                pause = _FIRST_PAUSE_SECONDS if await self.follow() else LONGEST_PAUSE.total_seconds()
            except (DatabaseUnavailable, XacthucError) as error:
                self._log.warning("outcomes_wait", cause=type(error).__name__)
                pause = min(pause * 2, LONGEST_PAUSE.total_seconds())
            # Drawn, so that processes which lost the same peer do not come back at one moment.
            await asyncio.sleep(pause * random.uniform(0.5, 1))

    async def follow(self) -> bool:
        """Deals with outcomes until the stream ends; False when another process is at it."""
        async with session(self._engine) as connection:
            async with connection.begin():
                held = await connection.scalar(_LOCK)
            if not held:
                return False
            try:
                await self._read_on(connection)
            finally:
                # A session that is given back with the lock would keep it for as long as the pool lives.
                if not connection.closed and not connection.invalidated:
                    async with connection.begin():
                        await connection.execute(_UNLOCK)
        return True

    async def _read_on(self, connection: AsyncConnection) -> None:
        async with connection.begin():
            of = cursors.c
            cursor = await connection.scalar(select(of.position).where(of.stream == STREAM))
        try:
            await self._read(connection, cursor or b"")
        except OutOfRange:
            self._log.warning("outcomes_lost")
            self._gap()
            await self._read(connection, b"")

    async def _read(self, connection: AsyncConnection, cursor: bytes) -> None:
        async with aclosing(self._otp.watch(cursor)) as stream:
            async for told in stream:
                await self._deal_with(connection, told)

    async def _deal_with(self, connection: AsyncConnection, told: Told) -> None:
        now = self._clock.now()
        saved = insert(cursors).values(stream=STREAM, position=told.cursor, update_time=now)
        async with connection.begin():
            changed = await self._inactive.lapse(connection, told.out_of_use, now)
            await otp_acts.record(connection, told.acts, now)
            await connection.execute(
                saved.on_conflict_do_update(
                    index_elements=["stream"], set_={"position": told.cursor, "update_time": now}
                )
            )
        for platform, account_ids in changed:
            await self._changed(platform, account_ids)
