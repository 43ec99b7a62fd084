"""Decides running broadcasts anew when something happened to their accounts, and when an answer changes by itself.

What is due stands in the broadcast's own row (`review_time`), so that it stays due whatever dies, and while identity is
down. Every process looks; deciding twice changes nothing the second time.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, bindparam, func, select, update

from xacthuc.grpckit.errors import XacthucError
from xacthuc.livestream.adapters import rows, steps
from xacthuc.livestream.adapters.own_order import own_order
from xacthuc.livestream.adapters.pools import REVIEWS_AT_ONCE
from xacthuc.livestream.adapters.tables import broadcasters, broadcasts
from xacthuc.livestream.domain.broadcast import review
from xacthuc.livestream.ports.broadcasts import Cause, Step
from xacthuc.policy import Ruling
from xacthuc.sql.engine import transaction
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.livestream.domain.broadcaster import Broadcaster
    from xacthuc.livestream.ports.broadcasters import Broadcasters
    from xacthuc.policy import Policy
    from xacthuc.telemetry.tracing import Tracer

_LOOK_SECONDS: Final = 1.0
_ACCOUNTS_AT_ONCE: Final = 64
_FORGET: Final = (
    update(broadcasters)
    .where(broadcasters.c.platform == bindparam("of_platform"), broadcasters.c.account == bindparam("of_account"))
    .values(trace=None)
)
"""What becomes due by itself later did not begin with what was heard now."""


class Due(NamedTuple):
    """An account whose broadcasts have to be decided anew."""

    platform: str
    account_id: str
    heard: int
    trace: str | None
    """The `traceparent` of what was heard of it, when that is recorded."""


class Reviews:
    """Runs beside the calls, in every process."""

    def __init__(
        self,
        engine: AsyncEngine,
        broadcasters: Broadcasters,
        policy: Policy,
        clock: Clock,
        tracer: Tracer,
        *,
        appended: Callable[[], None],
    ) -> None:
        """`appended` hears of every commit that may have something to tell: nobody is told of what goes on."""
        self._engine = engine
        self._broadcasters = broadcasters
        self._policy = policy
        self._clock = clock
        self._tracer = tracer
        self._appended = appended
        self._wake = asyncio.Event()
        self._turns = asyncio.Semaphore(REVIEWS_AT_ONCE)
        self._log = get_logger()

    def wake(self) -> None:
        """Says that something is due."""
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
        """Decides about some of what is due; whether more may be. Raises what failed when nothing succeeded."""
        due = await self._due()
        done = await asyncio.gather(*map(self._decide, due), return_exceptions=True)
        failed = [result for result in done if isinstance(result, BaseException)]
        for failure in failed:
            if len(failed) == len(done) or not isinstance(failure, (DatabaseUnavailable, XacthucError)):
                raise failure
        if failed:
            self._log.warning("reviews_wait", cause=type(failed[0]).__name__)
        return len(due) == _ACCOUNTS_AT_ONCE or not all(done)

    async def _due(self) -> Sequence[Due]:
        of, whose = broadcasts.c, broadcasters.c
        of_account = and_(whose.platform == of.platform, whose.account == of.account)
        found = (
            select(of.platform, of.account, whose.heard, whose.trace)
            .join_from(broadcasts, broadcasters, of_account)
            .where(of.state == rows.LIVE, of.review_time <= self._clock.now())
            .group_by(of.platform, of.account, whose.heard, whose.trace)
            .order_by(func.min(of.review_time))
            .limit(_ACCOUNTS_AT_ONCE)
        )
        async with transaction(self._engine) as connection:
            return [Due(*row) for row in await connection.execute(found)]

    async def _decide(self, due: Due) -> bool:
        """Asks, and writes what follows for all broadcasts of an account; False when something was heard meanwhile."""
        async with self._turns:
            with self._tracer.resume("review broadcasts", due.trace):
                return await self._decided(due)

    async def _decided(self, due: Due) -> bool:
        try:
            who = await self._broadcasters.look(due.platform, due.account_id)
        except XacthucError:
            await self._put_off(due)
            raise
        async with transaction(self._engine) as connection:
            if await rows.heard(connection, due.platform, due.account_id, lock=True) != due.heard:
                return False
            live = await rows.lock_live(connection, due.platform, due.account_id)
            rulings = [await self._write(connection, due, found, who) for found in live]
            if due.trace is not None:
                await connection.execute(_FORGET, {"of_platform": due.platform, "of_account": due.account_id})
        if any(ruling is not Ruling.CONTINUE for ruling in rulings):
            self._appended()
        return True

    async def _put_off(self, due: Due) -> None:
        """Lets others come first, however many there are of whom identity says nothing."""
        of, later = broadcasts.c, self._clock.now() + timedelta(seconds=_LOOK_SECONDS)
        waits = update(broadcasts).where(
            of.platform == due.platform, of.account == due.account_id, of.state == rows.LIVE, of.review_time < later
        )
        async with transaction(self._engine) as connection:
            if await rows.heard(connection, due.platform, due.account_id, lock=True) == due.heard:
                await connection.execute(waits.values(review_time=later))

    async def _write(self, connection: AsyncConnection, due: Due, found: rows.Found, who: Broadcaster) -> Ruling:
        now, known = self._clock.now(), found.kept
        outcome = review(known.broadcast, who, now, self._policy)
        step = Step(
            cause=Cause.ACCOUNT,
            broadcast_id=known.broadcast_id,
            account_id=due.account_id,
            heard=due.heard,
            who=who,
            decide=lambda _known, _on_air, _now: outcome,
        )
        await steps.write(connection, own_order(due.platform, "Review"), found, step, outcome, now=now)
        return outcome.judgement.ruling
