"""A worker's statements: taking jobs, keeping them, and saying what became of them.

A taken job carries a lease. Whoever finds the lease over takes the job too, under the next number, and every statement
on a job names the number it was taken under: a worker that was suspended and comes back changes nothing any more.
All times are the database's, so that processes need not agree about theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Interval, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

from xacthuc.jobs.job import Job

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime, timedelta

    from sqlalchemy import TextClause
    from sqlalchemy.ext.asyncio import AsyncConnection


class State(StrEnum):
    """What a job is left in by an attempt."""

    WAITING = "WAITING"
    HELD = "HELD"
    OVER = "OVER"
    """Deleted in the same transaction."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job as it was taken."""

    id: int
    number: int
    """Of this attempt."""
    failures: int
    job: Job
    lost: bool
    """Whether its last attempt ended without a word: the process died, or was cut off from the database."""
    held: bool
    """Whether that was one failure too many, so that it was not taken but held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What an attempt leaves behind."""

    state: State
    outcome: str
    failures: int = 0
    wait: timedelta | None = None
    when: datetime | None = None
    """The time of a WAITING job, unless `wait` says how long from now."""


class Claims:
    """The statements, for one schema."""

    def __init__(self, schema: str | None, lease: timedelta) -> None:
        """`lease` is how long a job stays with a worker that says nothing."""
        self._lease = lease
        # One probe of `jobs_due` for each kind, so that jobs of a kind nobody here knows, and those of later times, are
        # never looked at. Whatever is locked and not taken is free again when this transaction ends.
        self._take = f"""
            WITH due AS (
                SELECT found.id, found.lost, found.lost AND found.failures + 1 >= work.most AS held
                FROM unnest(:kinds, :most) AS work (kind, most) CROSS JOIN LATERAL (
                    SELECT id, due_time, failures, state = 'RUNNING' AS lost FROM {schema}.jobs
                    WHERE kind = work.kind AND state <> 'HELD' AND due_time <= now()
                    ORDER BY due_time LIMIT {{slots}} FOR UPDATE SKIP LOCKED
                ) AS found
                ORDER BY found.due_time LIMIT {{slots}}
            ), closed AS (
                UPDATE {schema}.job_attempts AS attempt SET end_time = now(), outcome = 'LOST'
                FROM due WHERE due.lost AND attempt.job_id = due.id AND attempt.end_time IS NULL
            ), taken AS (
                UPDATE {schema}.jobs AS job SET
                    state = CASE WHEN due.held THEN 'HELD' ELSE 'RUNNING' END,
                    failures = CASE WHEN due.lost THEN job.failures + 1 ELSE job.failures END,
                    attempts = CASE WHEN due.held THEN job.attempts ELSE job.attempts + 1 END,
                    due_time = now() + :lease
                FROM due WHERE job.id = due.id
                RETURNING job.id, job.kind, job.key, job.payload, job.failures, job.attempts, job.trace,
                    due.lost, due.held
            ), opened AS (
                INSERT INTO {schema}.job_attempts (job_id, number, kind, start_time)
                SELECT id, attempts, kind, now() FROM taken WHERE NOT held
            )
            SELECT * FROM taken
            """  # noqa: S608 - the schema is a constant of the service
        self._keep = text(
            f"""
            UPDATE {schema}.jobs AS job SET due_time = now() + :lease
            FROM unnest(:ids, :numbers) AS mine (id, number)
            WHERE job.id = mine.id AND job.attempts = mine.number AND job.state = 'RUNNING' RETURNING job.id
            """  # noqa: S608 - as above
        ).bindparams(
            bindparam("ids", type_=ARRAY(BigInteger)),
            bindparam("numbers", type_=ARRAY(BigInteger)),
            bindparam("lease", lease, type_=Interval),
        )
        # A job that was asked for again while it ran waits instead of being over or held (`JobQueue.enqueue`). One that
        # waits anyway does what it was asked for then; after a failure it keeps its wait.
        self._end = text(
            f"""
            UPDATE {schema}.jobs SET
                state = CASE WHEN again_time IS NULL THEN :state ELSE 'WAITING' END,
                failures = CASE WHEN again_time IS NULL OR :state = 'WAITING' THEN :failures ELSE 0 END,
                due_time = CASE
                    WHEN :state <> 'WAITING' THEN coalesce(again_time, now())
                    WHEN :failures > 0 THEN coalesce(:when, now() + :wait)
                    ELSE least(again_time, coalesce(:when, now() + :wait)) END,
                again_time = NULL
            WHERE id = :id AND attempts = :number AND state = 'RUNNING' RETURNING state
            """  # noqa: S608 - as above
        ).bindparams(
            bindparam("state", type_=Text),
            bindparam("failures", type_=BigInteger),
            bindparam("when", type_=TIMESTAMP(timezone=True)),
            bindparam("wait", type_=Interval),
        )
        self._close = text(
            f"""
            UPDATE {schema}.job_attempts SET end_time = now(), outcome = :outcome
            WHERE job_id = :id AND number = :number
            """  # noqa: S608 - as above
        )
        self._delete = text(f"DELETE FROM {schema}.jobs WHERE id = :id")  # noqa: S608 - as above
        self._count = text(
            f"""
            SELECT work.kind, (
                SELECT count(*) FROM {schema}.jobs AS job
                WHERE job.kind = work.kind AND job.state <> 'HELD' AND job.due_time <= now()
            ) AS waiting, (
                SELECT count(*) FROM {schema}.jobs AS job WHERE job.kind = work.kind AND job.state = 'HELD'
            ) AS held
            FROM unnest(:kinds) AS work (kind)
            """  # noqa: S608 - as above
        ).bindparams(bindparam("kinds", type_=ARRAY(Text)))

    async def take(self, connection: AsyncConnection, most_failures: Mapping[str, int], slots: int) -> list[Claim]:
        """Takes up to `slots` jobs of the given kinds whose time has come, the longest due first."""
        statement = self.taking(slots).bindparams(kinds=list(most_failures), most=list(most_failures.values()))
        return [
            Claim(
                row.id,
                row.attempts,
                row.failures,
                Job(row.kind, row.key, row.payload, trace=row.trace),
                row.lost,
                row.held,
            )
            for row in await connection.execute(statement)
        ]

    def taking(self, slots: int) -> TextClause:
        """Returns the statement of `take`.

        The number stands in its text: a plan for any number would expect a tenth of the table and read all of it.
        """
        return text(self._take.format(slots=slots)).bindparams(
            bindparam("kinds", type_=ARRAY(Text)),
            bindparam("most", type_=ARRAY(BigInteger)),
            bindparam("lease", self._lease, type_=Interval),
        )

    async def keep(self, connection: AsyncConnection, claims: Collection[Claim]) -> set[int]:
        """Renews the leases; returns the ids of those that are still this worker's."""
        parameters = {"ids": [claim.id for claim in claims], "numbers": [claim.number for claim in claims]}
        return set((await connection.execute(self._keep, parameters)).scalars())

    async def end(self, connection: AsyncConnection, claim: Claim, ending: Ending) -> bool:
        """Writes what became of an attempt; False, and nothing is written, when the job is somebody else's by now."""
        place = {"id": claim.id, "number": claim.number}
        left = {"state": ending.state, "failures": ending.failures, "when": ending.when, "wait": ending.wait}
        state = (await connection.execute(self._end, place | left)).scalar()
        if state is None:
            return False
        await connection.execute(self._close, place | {"outcome": ending.outcome})
        if state == State.OVER:
            await connection.execute(self._delete, {"id": claim.id})
        return True

    async def count(self, connection: AsyncConnection, kinds: Collection[str]) -> dict[str, tuple[int, int]]:
        """Returns for each kind how many jobs could be taken now, and how many are held."""
        found = await connection.execute(self._count, {"kinds": list(kinds)})
        return {row.kind: (row.waiting, row.held) for row in found}
