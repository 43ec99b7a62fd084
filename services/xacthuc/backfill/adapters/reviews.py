"""Asks identity where accounts stand that something happened to, and writes what that makes of them in their campaign.

Who is due stands in the account's own row (`review_time`), so that it stays due whatever dies, and while identity is down.
Every process looks; asking twice changes nothing the second time.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, update

from xacthuc.backfill.adapters.rows import of_campaign
from xacthuc.backfill.adapters.tables import targets
from xacthuc.backfill.domain.campaign import TargetState
from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.backfill.domain.holders import reviewed, standing
from xacthuc.grpckit.errors import XacthucError
from xacthuc.sql.engine import transaction
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.backfill.ports.holders import Holders
    from xacthuc.clock import Clock

_LOOK_SECONDS: Final = 1.0
_ACCOUNTS_AT_ONCE: Final = 64
_TURNS: Final = 8
_LATER: Final = timedelta(seconds=5)
"""When somebody is asked about again of whom identity said nothing: others come first."""


class Reviews:
    """Runs beside the calls, in every process."""

    def __init__(self, engine: AsyncEngine, holders: Holders, clock: Clock) -> None:
        """Takes the pool, and whom to ask."""
        self._engine = engine
        self._holders = holders
        self._clock = clock
        self._wake = asyncio.Event()
        self._turns = asyncio.Semaphore(_TURNS)
        self._log = get_logger()

    def wake(self) -> None:
        """Says that somebody is due."""
        self._wake.set()

    async def run(self) -> None:
        """Reviews until cancelled. Whoever is down is waited for."""
        while True:
            self._wake.clear()
            try:
                while await self.review():
                    pass
            except (DatabaseUnavailable, XacthucError) as error:
                self._log.warning("reviews_wait", cause=type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS * random.uniform(0.8, 1)):
                    await self._wake.wait()

    async def review(self) -> bool:
        """Asks about some of who is due; whether more may be. Raises what failed."""
        due = await self._due()
        done = await asyncio.gather(*map(self._look, due), return_exceptions=True)
        for failed in done:
            if isinstance(failed, BaseException):
                raise failed
        return len(due) == _ACCOUNTS_AT_ONCE

    async def _due(self) -> Sequence[Row[Any]]:
        of = targets.c
        found = select(targets).where(of.review_time <= self._clock.now())
        async with transaction(self._engine) as connection:
            return (await connection.execute(found.order_by(of.review_time).limit(_ACCOUNTS_AT_ONCE))).all()

    async def _look(self, due: Row[Any]) -> None:
        async with self._turns:
            try:
                holder = await self._holders.look(due.platform, due.account)
            except XacthucError:
                await self._write(due, review_time=self._clock.now() + _LATER)
                raise
            before, now = TargetState(due.state), self._clock.now()
            after = reviewed(before, standing(AccountClass(due._mapping["class"]), holder))  # noqa: SLF001 - its public name
            if after is before:
                await self._write(due, review_time=None)
                return
            again = now if after is TargetState.OPEN else None
            # What is being done about it is ended by whoever does it, or takes that up.
            looked = due.due_time if due.doing else again
            await self._write(due, review_time=None, state=after, state_time=now, due_time=looked, parked=None)

    async def _write(self, due: Row[Any], **values: object) -> None:
        """Writes what follows, unless something was heard or done about the account meanwhile: then it is asked about anew."""
        of = targets.c
        same = (
            of.account == due.account,
            of.review_time == due.review_time,
            of.state == due.state,
            of.doing.is_not_distinct_from(due.doing),
        )
        async with transaction(self._engine) as connection:
            key = of_campaign(targets, due.platform, due.campaign)
            await connection.execute(update(targets).where(*key, *same).values(**values))
