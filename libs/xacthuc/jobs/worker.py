"""Runs the jobs of a schema in one process, beside as many other processes as there are.

A look once a second, and after `wake`, finds what is due. No LISTEN: with a notification in them, the transactions that
enqueue would commit one after the other (PostgreSQL takes one lock for all), and listening costs a connection for good.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.jobs.claims import Claim, Claims
from xacthuc.jobs.endings import Result, Verdict, answered, failed, place_of, returned
from xacthuc.sql.engine import reading, transaction
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.jobs.job import Work
    from xacthuc.jobs.queue import JobQueue
    from xacthuc.telemetry.metrics import Metrics
    from xacthuc.telemetry.tracing import AttributeValue, Tracer

LEASE: Final = timedelta(seconds=15)
"""A job of a process that died is taken by another one after this time, or a second more."""

_LOOK_SECONDS: Final = 1.0
_COUNT_SECONDS: Final = 15.0
_LAST_WORD_SECONDS: Final = 3.0
"""What the jobs that are interrupted at the end get to be written back: a transaction's time limit, or nothing."""

_BEATS: Final = 3
"""Renewals in a lease."""
_TRUST: Final = 0.8
"""The part of a lease after which a worker that could not renew it stops the job itself, before another one takes it."""

_FAILURES: Final = (Result.FAILED, Result.HELD)
_EVENTS: Final = {
    Result.DONE: ("info", "job_done"),
    Result.WAITS: ("info", "job_waits"),
    Result.FAILED: ("warning", "job_failed"),
    Result.HELD: ("error", "job_held"),
    Result.RETURNED: ("info", "job_returned"),
    Result.LOST: ("warning", "job_lost"),
}


@dataclass(slots=True)
class _Attempt:
    """One job being done here."""

    claim: Claim
    limit: asyncio.Timeout
    """Of the handler: until when the job is certainly this worker's."""
    handling: bool = True

    def renew(self, until: float) -> None:
        if self.handling and not self.limit.expired():
            self.limit.reschedule(until)


class Worker:
    """Takes jobs, runs their handlers, and writes what became of them."""

    def __init__(
        self,
        engine: AsyncEngine,
        queue: JobQueue,
        work: Mapping[str, Work],
        metrics: Metrics,
        tracer: Tracer,
        *,
        slots: int,
        drain: timedelta,
        lease: timedelta = LEASE,
    ) -> None:
        """`work` is what is done for each kind; others are left alone. `slots` jobs run at once, of all kinds together.

        `drain` is what running jobs get when the worker is stopped, before they are interrupted and given back.
        """
        self._engine = engine
        self._work = work
        self._most_failures = {kind: each.most_failures for kind, each in work.items()}
        self._metrics = metrics
        self._tracer = tracer
        self._slots = slots
        self._drain_seconds = drain.total_seconds()
        self._lease_seconds = lease.total_seconds()
        self._claims = Claims(queue.schema, lease)
        self._attempts: dict[asyncio.Task[None], _Attempt] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        self._ended = asyncio.Event()
        self._log = get_logger()

    def wake(self) -> None:
        """Says that a job was written and committed, so that this process looks at once."""
        self._wake.set()

    async def run(self) -> None:
        """Works until cancelled; then takes nothing more, and ends when its jobs did. A worker runs once.

        A database that is down is waited for. DatabaseRefused when the tables are not there.
        """
        taking = asyncio.create_task(self._take_until_stopped())
        parts = [taking, asyncio.create_task(self._renew()), asyncio.create_task(self._count())]
        try:
            # They end by defect only.
            ended, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in ended:
                part.result()
        finally:
            self._stopping = True
            self._wake.set()
            # Not cancelled: what it has just taken would be nobody's until its lease ended.
            await asyncio.wait({taking})
            await self._drain()
            # Nor are the others, which may be in the middle of a connection: they end with what they are at.
            self._ended.set()
            await asyncio.gather(*parts, return_exceptions=True)

    async def _drain(self) -> None:
        if self._attempts:
            _, late = await asyncio.wait(self._attempts, timeout=self._drain_seconds)
            for seconds in (_LAST_WORD_SECONDS, None):
                for task in late:
                    task.cancel()
                if late:
                    _, late = await asyncio.wait(late, timeout=seconds)

    async def _take_until_stopped(self) -> None:
        while not self._stopping:
            self._wake.clear()
            free = self._slots - len(self._attempts)
            if free:
                await self._take(free)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS * random.uniform(0.8, 1)):
                    await self._wake.wait()

    async def _take(self, slots: int) -> None:
        asked = asyncio.get_running_loop().time()
        try:
            async with reading(self._engine) as connection:  # one statement
                claims = await self._claims.take(connection, self._most_failures, slots)
        except DatabaseUnavailable as error:
            self._log.warning("jobs_wait_for_database", cause=str(error))
            return
        for claim in claims:
            if claim.lost:
                self._tell(claim, Result.LOST, "LOST")
            if claim.held:
                self._tell(claim, Result.HELD, "LOST")
            else:
                attempt = _Attempt(claim, asyncio.timeout_at(asked + self._lease_seconds * _TRUST))
                task = asyncio.create_task(self._attempt(attempt))
                self._attempts[task] = attempt
                task.add_done_callback(self._free)

    def _free(self, task: asyncio.Task[None]) -> None:
        claim = self._attempts.pop(task).claim
        self._wake.set()
        if not task.cancelled() and (defect := task.exception()) is not None:
            # Its lease ends, and counts: sooner or later it is held.
            self._log.error("job_not_ended", kind=claim.job.kind, job=claim.id, cause=type(defect).__name__)

    async def _attempt(self, attempt: _Attempt) -> None:
        job = attempt.claim.job
        told: dict[str, AttributeValue] = {
            "messaging.operation.type": "process",
            "messaging.destination.name": job.kind,
            "xacthuc.job.attempt": attempt.claim.number,
        }
        with self._tracer.resume(f"process {job.kind}", job.trace, told) as step:
            verdict = await self._handle(attempt)
            attempt.handling = False
            if verdict is None:
                step.fail("LOST")
                return
            step.set("outcome", verdict.ending.outcome)
            if verdict.result in _FAILURES:
                step.fail(verdict.ending.outcome)
            await self._end(attempt, verdict)

    async def _end(self, attempt: _Attempt, verdict: Verdict) -> None:
        while True:
            try:
                async with transaction(self._engine) as connection:
                    kept = await self._claims.end(connection, attempt.claim, verdict.ending)
            except DatabaseUnavailable as error:
                self._log.warning("jobs_wait_for_database", cause=str(error))
                await asyncio.sleep(_LOOK_SECONDS)
            else:
                if kept:
                    self._tell(attempt.claim, verdict.result, verdict.ending.outcome)
                return

    async def _handle(self, attempt: _Attempt) -> Verdict | None:
        """Runs the handler; None when the job is not this worker's any more, which whoever takes it will tell."""
        claim = attempt.claim
        work = self._work[claim.job.kind]
        try:
            async with attempt.limit:
                return answered(await work.handle(claim.job))
        except asyncio.CancelledError as error:
            if self._stopping:
                return returned(claim)
            return self._failed(claim, work, error)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is a failure of its job alone
            if attempt.limit.expired():
                return None
            return self._failed(claim, work, error)

    def _failed(self, claim: Claim, work: Work, error: BaseException) -> Verdict:
        self._log.info("job_raised", kind=claim.job.kind, job=claim.id, place=place_of(error))
        return failed(claim, work, error, random.random())

    async def _renew(self) -> None:
        while not await self._ends_within(self._lease_seconds / _BEATS):
            mine = list(self._attempts.values())
            if not mine:
                continue
            asked = asyncio.get_running_loop().time()
            with suppress(DatabaseUnavailable):
                async with transaction(self._engine) as connection:
                    kept = await self._claims.keep(connection, [attempt.claim for attempt in mine])
                for attempt in mine:
                    # Taken by another one meanwhile: stop at once.
                    ours = attempt.claim.id in kept
                    attempt.renew(asked + self._lease_seconds * _TRUST if ours else asked)

    async def _count(self) -> None:
        ended = False
        while not ended:
            with suppress(DatabaseUnavailable):
                async with reading(self._engine) as connection:
                    counts = await self._claims.count(connection, self._work)
                for kind, (waiting, held) in counts.items():
                    self._metrics.jobs_waiting.labels(kind).set(waiting)
                    self._metrics.jobs_held.labels(kind).set(held)
            ended = await self._ends_within(_COUNT_SECONDS)

    async def _ends_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        return self._ended.is_set()

    def _tell(self, claim: Claim, result: Result, outcome: str) -> None:
        kind = claim.job.kind
        self._metrics.jobs_run.add(kind, result)
        level, event = _EVENTS[result]
        getattr(self._log, level)(event, kind=kind, job=claim.id, attempt=claim.number, outcome=outcome)
