"""Processes killed in the middle of a job, and a database that goes away and comes back."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import timedelta

import job_schema
import pytest
from job_schema import KIND, LEASE, create, engine_of, enqueue, outcomes, rows, worker_of
from structlog.testing import capture_logs

from xacthuc.jobs.job import Job


@pytest.fixture
async def engine(own_postgres):
    made = engine_of(own_postgres.url)
    await create(made)
    yield made
    await made.dispose()


async def nothing(_job):
    return None


async def is_empty(engine):
    return await rows(engine) == []


async def stop(task):
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_job_whose_process_was_killed_is_taken_when_its_lease_ends(engine, own_postgres, eventually):
    await enqueue(engine, Job(KIND, "1"))
    command = [sys.executable, job_schema.__file__, own_postgres.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert await asyncio.to_thread(process.stdout.readline) == b"began\n"
        finally:
            process.kill()
    task = asyncio.create_task(worker_of(engine, nothing, waits=[timedelta(hours=1)]).run())

    # The lease may have been renewed just before; a second for the look, and two for a busy machine.
    await eventually(lambda: is_empty(engine), within=LEASE + timedelta(seconds=3))
    await stop(task)
    assert await outcomes(engine) == ["LOST", "DONE"]


async def test_a_database_that_restarts_loses_no_job_and_ends_no_worker(engine, own_postgres, eventually):
    gate, ran = asyncio.Event(), []

    async def handle(job):
        ran.append(job.key)
        await gate.wait()

    lease = timedelta(seconds=60)
    task = asyncio.create_task(worker_of(engine, handle, slots=2, lease=lease).run())
    await enqueue(engine, *(Job(KIND, str(number)) for number in range(6)))
    await eventually(lambda: len(ran) == 2)
    await asyncio.to_thread(own_postgres.stop)
    with capture_logs() as logs:
        gate.set()
        await eventually(lambda: "jobs_wait_for_database" in [line["event"] for line in logs])
    own_postgres.start()
    await eventually(lambda: is_empty(engine), within=timedelta(seconds=30))

    assert not task.done()
    await stop(task)
    assert sorted(ran) == [str(number) for number in range(6)]
    assert await outcomes(engine) == ["DONE"] * 6


async def test_a_worker_cut_off_from_its_database_stops_its_job_before_another_takes_it(
    engine, own_postgres, eventually
):
    began, ended = asyncio.Event(), asyncio.Event()

    async def handle(_job):
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(worker_of(engine, handle, lease=timedelta(seconds=1)).run())
    await enqueue(engine, Job(KIND, "1"))
    await asyncio.wait_for(began.wait(), 10)
    await asyncio.to_thread(own_postgres.stop)

    await eventually(ended.is_set)
    await stop(task)
