"""Carries runs out beside the calls: one process at a time over all of them, and from where the last one left off.

Whoever holds an advisory lock works; it belongs to a session, and every page is written in that session, so that a process
which lost the lock cannot write any more. Operators are asked between two transactions of it, never inside one. A page is
written with its place: after `kill -9` the accounts of one page are asked about again, and nothing is counted twice. What
nobody expected ends the run that met it, and no other: taken up again, it would only be met again.
"""

from __future__ import annotations

import asyncio
import random
import traceback
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from sqlalchemy import func, select, update

from xacthuc.identity.adapters.reconciliation.findings import Page, order_of
from xacthuc.identity.adapters.reconciliation.sql_reconciliations import end, read
from xacthuc.identity.adapters.reconciliation.tables import reconciliations
from xacthuc.identity.domain.reconciliation import RunState
from xacthuc.sql.engine import begun, reading, session
from xacthuc.sql.errors import DatabaseRefused, DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Coroutine
    from typing import Any

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.reconciliation.findings import Findings, Place
    from xacthuc.identity.adapters.reconciliation.reading import Numbers
    from xacthuc.identity.domain.reconciliation import Finding, Run, Tally
    from xacthuc.identity.ports.reconciliation import Read

T = TypeVar("T")

_LOOK: Final = timedelta(seconds=1)
"""Between two looks for a run, and whether the one at work was canceled."""

_LONGEST_PAUSE: Final = timedelta(seconds=30)
_NAME: Final = func.hashtextextended("identity.reconciliation", 0)
_LOCK: Final = select(func.pg_try_advisory_lock(_NAME))
_UNLOCK: Final = select(func.pg_advisory_unlock(_NAME))
_RUNNING: Final = (
    select(reconciliations)
    .where(reconciliations.c.state == RunState.RUNNING)
    .order_by(reconciliations.c.create_time)
    .limit(1)
)


class Questions(Protocol):
    """Asks operators on behalf of one run."""

    async def ask(self, read: Read) -> tuple[list[Finding], Tally]:
        """Returns what came of asking about some accounts."""
        ...


class Reconciling:
    """Runs beside the calls, in every process."""

    def __init__(
        self,
        engine: AsyncEngine,
        numbers: Numbers,
        findings: Findings,
        clock: Clock,
        *,
        questions: Callable[[Run], Questions],
        changed: Callable[[str, Collection[str]], Awaitable[None]],
    ) -> None:
        """`changed` hears of accounts after a commit, by platform."""
        self._engine = engine
        self._numbers = numbers
        self._findings = findings
        self._clock = clock
        self._questions = questions
        self._changed = changed
        self._log = get_logger()

    async def run(self) -> None:
        """Works until cancelled. A database that is down is waited for, longer each time up to a limit."""
        pause = _LOOK
        while True:
            try:
                await self.work()
                pause = _LOOK
            except (DatabaseUnavailable, DatabaseRefused) as error:
                self._log.warning("reconciliation_waits", cause=type(error).__name__)
                pause = min(pause * 2, _LONGEST_PAUSE)
            await asyncio.sleep(pause.total_seconds() * random.uniform(0.5, 1))

    async def work(self) -> bool:
        """Carries out what was started, in turn; False when there is nothing to do, or another process is at it."""
        async with reading(self._engine) as looking:
            if (await looking.execute(_RUNNING)).first() is None:
                return False
        async with session(self._engine) as connection:
            async with begun(connection):
                if not await connection.scalar(_LOCK):
                    return False
            try:
                while await self._next(connection):
                    pass
            finally:
                # A session that is given back with the lock would keep it for as long as the pool lives.
                if not connection.closed and not connection.invalidated:
                    async with begun(connection):
                        await connection.execute(_UNLOCK)
        return True

    async def _next(self, connection: AsyncConnection) -> bool:
        """Takes the oldest run up and carries it as far as it goes; False when there is none."""
        async with begun(connection):
            row = (await connection.execute(_RUNNING)).first()
        if row is None:
            return False
        run = read(row)
        try:
            await self._carry(connection, run, (row.done_platform, row.done_account))
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the runs behind this one go on
            await self._fail(connection, run, error)
        return True

    async def _carry(self, connection: AsyncConnection, run: Run, at: Place) -> None:
        if run.account_count is None and at == ("", ""):
            await self._count(connection, run)
        questions = self._questions(run)
        while (following := await self._page(connection, run, questions, at)) is not None:
            at = following

    async def _count(self, connection: AsyncConnection, run: Run) -> None:
        count = await self._numbers.count(run)
        async with begun(connection):
            counted = update(reconciliations).where(reconciliations.c.run == run.run_id)
            await connection.execute(counted.values(account_count=count))

    async def _page(self, connection: AsyncConnection, run: Run, questions: Questions, after: Place) -> Place | None:
        """Deals with the next accounts; returns the place behind them, None when the run is over."""
        following = await self._numbers.page(run, after)
        if following is None:
            if await self._end(connection, run, RunState.COMPLETED):
                self._log.info("reconciliation_completed")
            return None
        answered = await self._unless_canceled(connection, run, questions.ask(following))
        if answered is None:
            return None
        found, tally = answered
        page = Page(after=after, until=following.until, findings=found, tally=tally)
        async with begun(connection):
            changed = await self._findings.apply(connection, run, page, self._clock.now())
        if changed is None:
            return None
        for platform, account_ids in changed:
            await self._changed(platform, account_ids)
        return following.until

    async def _unless_canceled(self, connection: AsyncConnection, run: Run, work: Coroutine[Any, Any, T]) -> T | None:
        """Returns what `work` does, which may wait for operators for hours; None when the run is canceled meanwhile."""
        task = asyncio.create_task(work)
        try:
            while not (await asyncio.wait({task}, timeout=_LOOK.total_seconds()))[0]:
                if await self._state(connection, run) is not RunState.RUNNING:
                    return None
            return task.result()
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _state(self, connection: AsyncConnection, run: Run) -> RunState | None:
        of = reconciliations.c
        async with begun(connection):
            state = await connection.scalar(select(of.state).where(of.run == run.run_id))
        return None if state is None else RunState(state)

    async def _fail(self, connection: AsyncConnection, run: Run, error: Exception) -> None:
        """Tells its name and where it came from, and nothing of what it says: that may be about a person."""
        failure = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)
        self._log.error("reconciliation_failed", cause=failure, at=[f"{frame.name}:{frame.lineno}" for frame in frames])
        await self._end(connection, run, RunState.FAILED, failure=failure)

    async def _end(self, connection: AsyncConnection, run: Run, state: RunState, *, failure: str | None = None) -> bool:
        """Ends it with what it counted; False when it has ended already."""
        wanted = select(reconciliations).where(reconciliations.c.run == run.run_id).with_for_update()
        async with begun(connection):
            row = (await connection.execute(wanted)).one_or_none()
            if row is None or row.state != RunState.RUNNING:
                return False
            order = order_of(run, run.platform)
            await end(connection, order, read(row), state, self._clock.now(), failure=failure)
        return True
