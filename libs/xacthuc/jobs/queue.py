"""The jobs of one schema: writing them down, and what an operator does with those that were given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Identity, Index, Table, Text, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.schema import UniqueConstraint

from xacthuc.sql.columns import facts, instant, number, word
from xacthuc.telemetry.tracing import carried

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import MetaData
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.jobs.job import Job


@dataclass(frozen=True, slots=True)
class HeldJob:
    """A job that failed as often as it may and waits for an operator."""

    id: int
    kind: str
    attempts: int
    end_time: datetime
    """Of the last attempt."""
    outcome: str
    """Of the last attempt: the class of an exception, or LOST when its process died."""


class JobQueue:
    """The tables of jobs and attempts, and the statements on them that are not a worker's."""

    def __init__(self, metadata: MetaData) -> None:
        """Adds its tables to `metadata`, in the schema named there."""
        self.schema = metadata.schema
        self.jobs = Table(
            "jobs",
            metadata,
            Column("id", BigInteger, Identity(always=True), primary_key=True),
            word("kind"),
            word("key"),
            facts("payload"),
            # WAITING, RUNNING or HELD. A job that is done is no row any more.
            word("state"),
            # When anybody may take it: its time while it waits, the end of its lease while it runs.
            instant("due_time"),
            # While it runs: when it was asked for again meanwhile.
            instant("again_time", nullable=True),
            # Failures in a row; zero again after any other ending.
            number("failures"),
            # All its runs. The number of the current one is what a late worker is recognised by.
            number("attempts"),
            # The `traceparent` of what asked for it last, when that was recorded.
            word("trace", nullable=True),
            UniqueConstraint("kind", "key", name="jobs_kind_key"),
        )
        columns = self.jobs.c
        Index("jobs_due", columns.kind, columns.due_time, postgresql_where=columns.state != "HELD")
        Index("jobs_held", columns.kind, columns.id, postgresql_where=columns.state == "HELD")
        self.attempts = Table(
            "job_attempts",
            metadata,
            Column("job_id", BigInteger, primary_key=True, autoincrement=False),
            Column("number", BigInteger, primary_key=True, autoincrement=False),
            word("kind"),
            instant("start_time"),
            instant("end_time", nullable=True),
            word("outcome", nullable=True),
        )
        Index("job_attempts_ended", self.attempts.c.end_time)

        # What a job in each state does with being asked for again is in `enqueue`. What is to be done in hours or years
        # begins a trace of its own: by then the other is over, and gone from many a store.
        self._enqueue = text(
            f"""
            INSERT INTO {self.schema}.jobs AS job (kind, key, payload, state, due_time, failures, attempts, trace)
            VALUES (
                :kind, :key, :payload, 'WAITING', coalesce(:not_before, now()), 0, 0,
                CASE WHEN :not_before > now() + interval '1 hour' THEN NULL ELSE :trace END
            )
            ON CONFLICT (kind, key) DO UPDATE SET
                payload = excluded.payload,
                trace = coalesce(excluded.trace, job.trace),
                state = CASE job.state WHEN 'HELD' THEN 'WAITING' ELSE job.state END,
                failures = CASE job.state WHEN 'HELD' THEN 0 ELSE job.failures END,
                due_time = CASE
                    WHEN job.state = 'HELD' THEN excluded.due_time
                    WHEN job.state = 'WAITING' AND job.failures = 0 THEN least(job.due_time, excluded.due_time)
                    ELSE job.due_time END,
                again_time = CASE job.state WHEN 'RUNNING' THEN least(job.again_time, excluded.due_time) END
            WHERE job.state <> 'WAITING' OR job.payload <> excluded.payload
               OR (job.failures = 0 AND excluded.due_time < job.due_time)
            """  # noqa: S608 - the schema is a constant of the service
        ).bindparams(
            bindparam("payload", type_=JSONB),
            bindparam("not_before", type_=TIMESTAMP(timezone=True)),
            bindparam("trace", type_=Text),
        )
        self._held = text(
            f"""
            SELECT job.id, job.kind, job.attempts, last.end_time, last.outcome
            FROM {self.schema}.jobs AS job
            JOIN {self.schema}.job_attempts AS last ON last.job_id = job.id AND last.number = job.attempts
            WHERE job.state = 'HELD' AND (job.kind, job.id) > (:kind, :id) ORDER BY job.kind, job.id LIMIT :limit
            """  # noqa: S608 - as above
        )
        self._requeue = text(
            f"""
            UPDATE {self.schema}.jobs SET state = 'WAITING', failures = 0, due_time = now(), again_time = NULL,
                trace = :trace
            WHERE id = :id AND state = 'HELD' RETURNING kind
            """  # noqa: S608 - as above
        ).bindparams(bindparam("trace", type_=Text))
        self._forget = text(
            f"""
            DELETE FROM {self.schema}.job_attempts WHERE (job_id, number) IN (
                SELECT attempt.job_id, attempt.number FROM {self.schema}.job_attempts AS attempt
                WHERE attempt.end_time < :before AND NOT EXISTS (
                    SELECT 1 FROM {self.schema}.jobs AS job WHERE job.id = attempt.job_id
                ) LIMIT :limit FOR UPDATE SKIP LOCKED
            )
            """  # noqa: S608 - as above
        )

    async def enqueue(self, connection: AsyncConnection, jobs: Sequence[Job]) -> None:
        """Writes `jobs` in the caller's transaction.

        One that waits already stays one, at the earlier of both times, or at its own when it waits after a failure. One
        that runs is run once more afterwards, since it may not have seen what it is asked for now. One that is held is
        tried anew. The newest payload counts.
        """
        if jobs:
            # In one order, so that two transactions with the same jobs wait for each other instead of deadlocking.
            trace = carried()
            rows = [
                {
                    "kind": job.kind,
                    "key": job.key,
                    "payload": job.payload,
                    "not_before": job.not_before,
                    "trace": job.trace or trace,
                }
                for job in sorted(jobs, key=lambda job: (job.kind, job.key))
            ]
            await connection.execute(self._enqueue, rows)

    async def held(
        self, connection: AsyncConnection, *, after: tuple[str, int] = ("", 0), limit: int = 100
    ) -> list[HeldJob]:
        """Returns up to `limit` held jobs behind a kind and an id, in that order."""
        kind, job_id = after
        found = await connection.execute(self._held, {"kind": kind, "id": job_id, "limit": limit})
        return [HeldJob(row.id, row.kind, row.attempts, row.end_time, row.outcome) for row in found]

    async def requeue(self, connection: AsyncConnection, job_id: int) -> str | None:
        """Lets a held job be tried anew, at once; returns its kind, None when it was not held."""
        kind: str | None = await connection.scalar(self._requeue, {"id": job_id, "trace": carried()})
        return kind

    async def forget_attempts(self, connection: AsyncConnection, before: datetime, *, limit: int = 1000) -> int:
        """Deletes up to `limit` attempts of jobs that are over, ended before then; returns how many."""
        return (await connection.execute(self._forget, {"before": before, "limit": limit})).rowcount
