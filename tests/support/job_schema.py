"""Durable jobs in a schema of the tests' own, and a process that works on them."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from prometheus_client import CollectorRegistry
from sqlalchemy import MetaData, text

from xacthuc.jobs import schema
from xacthuc.jobs.job import Work
from xacthuc.jobs.queue import JobQueue
from xacthuc.jobs.worker import Worker
from xacthuc.sql.engine import make_engine, transaction
from xacthuc.telemetry.metrics import Metrics
from xacthuc.telemetry.tracing import Tracer

SCHEMA = "work"
KIND = "CHECK"
metadata = MetaData(schema=SCHEMA)
queue = JobQueue(metadata)

LEASE = timedelta(seconds=2)
"""Shorter than what is deployed, so that no test waits long for a dead process."""


def engine_of(url):
    return make_engine(
        url,
        application_name="test-jobs",
        pool_size=10,
        wait=timedelta(seconds=2),
        statement_timeout=timedelta(seconds=2),
    )


async def create(engine):
    async with transaction(engine) as connection:
        await connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        for statement in (*schema.version_1(SCHEMA), schema.version_2(SCHEMA)):
            await connection.execute(text(statement))


async def enqueue(engine, *jobs):
    async with transaction(engine) as connection:
        await queue.enqueue(connection, jobs)


async def rows(engine, columns="*", table="jobs", order="1"):
    async with transaction(engine) as connection:
        return (await connection.execute(text(f"SELECT {columns} FROM {SCHEMA}.{table} ORDER BY {order}"))).all()


async def outcomes(engine):
    return [row.outcome for row in await rows(engine, "outcome", "job_attempts", "job_id, number")]


def worker_of(
    engine, handle, *, kind=KIND, waits=(), slots=4, drain=timedelta(seconds=5), lease=LEASE, metrics=None, spans=None
):
    metrics, tracer = metrics or Metrics(CollectorRegistry(), jobs={kind}), Tracer(spans, 1.0)
    work = {kind: Work(handle, tuple(waits))}
    return Worker(engine, queue, work, metrics, tracer, slots=slots, drain=drain, lease=lease)


async def _hang(_job):
    sys.stdout.write("began\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def _work(url):
    await worker_of(engine_of(url), _hang).run()


if __name__ == "__main__":
    asyncio.run(_work(sys.argv[1]))
