"""Workers and their jobs, on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from job_schema import KIND, engine_of, enqueue, outcomes, queue, rows, worker_of
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from structlog.testing import capture_logs

from xacthuc.jobs.job import Done, Job, RetryAt
from xacthuc.sql.engine import transaction
from xacthuc.sql.errors import DatabaseRefused, DatabaseUnavailable
from xacthuc.telemetry.metrics import Metrics

MOMENT = timedelta(milliseconds=1)


class Handler:
    """Does what it is told in turn, then succeeds; counts what runs."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.ran = Counter()
        self.running = Counter()
        self.most = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, job):
        self.ran[job.key] += 1
        self.running[job.key] += 1
        assert self.running[job.key] == 1, "two run the same job"
        self.most = max(self.most, self.running.total())
        try:
            await self.gate.wait()
        finally:
            self.running[job.key] -= 1
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


async def is_empty(engine):
    return await rows(engine) == []


async def is_held(engine):
    return [row.state for row in await rows(engine, "state")] == ["HELD"]


async def test_a_job_is_done_once_and_its_attempt_stays(engine, work, eventually):
    handler = Handler(Done("CONFIRMED"))
    work(handler)
    await enqueue(engine, Job(KIND, "1", {"id": "a"}))
    await eventually(lambda: is_empty(engine))

    (attempt,) = await rows(engine, table="job_attempts")
    assert handler.ran == {"1": 1}
    assert (attempt.number, attempt.kind, attempt.outcome) == (1, KIND, "CONFIRMED")
    assert attempt.start_time <= attempt.end_time


async def test_a_job_of_another_process_is_noticed_within_a_second(engine, work, eventually):
    """The second more is for a busy machine."""
    handler = Handler()
    work(handler)
    await eventually(lambda: worker_has_looked(engine))
    await enqueue(engine, Job(KIND, "1"))

    await eventually(lambda: handler.ran["1"], within=timedelta(seconds=2))


async def worker_has_looked(engine):
    async with transaction(engine) as connection:
        return (await connection.execute(text("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%due AS%'"))).all()


async def test_a_woken_worker_looks_at_once(engine, work, eventually, monkeypatch):
    monkeypatch.setattr("xacthuc.jobs.worker._LOOK_SECONDS", 3600)
    handler = Handler()
    worker, _ = work(handler)
    await eventually(lambda: worker_has_looked(engine))
    await enqueue(engine, Job(KIND, "1"))
    worker.wake()

    await eventually(lambda: handler.ran["1"])


async def test_a_failing_job_is_tried_again_then_held_then_queued_again(engine, work, eventually):
    handler = Handler(KeyError("hoa-ban-7731"), OSError("hoa-ban-7731"))
    registry = CollectorRegistry()
    metrics = Metrics(registry, jobs={KIND})
    with capture_logs() as logs:
        worker, _ = work(handler, waits=[MOMENT], metrics=metrics)
        await enqueue(engine, Job(KIND, "hoa-ban-7731", {"id": "hoa-ban-7732"}))
        await eventually(lambda: is_held(engine))
        async with transaction(engine) as connection:
            (held,) = await queue.held(connection)
            assert await queue.requeue(connection, held.id + 1) is None
            assert await queue.requeue(connection, held.id) == KIND
            assert await queue.requeue(connection, held.id) is None
        worker.wake()
        await eventually(lambda: is_empty(engine))

    assert (held.attempts, held.outcome) == (2, "OSError")
    assert await outcomes(engine) == ["KeyError", "OSError", "DONE"]
    await eventually(lambda: metrics.jobs_run.value(KIND, "done"))
    assert [metrics.jobs_run.value(KIND, result) for result in ("failed", "held", "done")] == [1, 1, 1]
    assert {"job_failed", "job_held", "job_done"} <= {line["event"] for line in logs}
    assert "hoa-ban" not in str(logs)
    assert "hoa-ban" not in str(await rows(engine, table="job_attempts"))


async def test_a_job_that_is_not_ready_goes_on_later_and_has_not_failed(engine, work, eventually):
    handler = Handler(*(RetryAt(datetime.now(UTC), "PENDING") for _ in range(3)))
    work(handler)
    await enqueue(engine, Job(KIND, "1"))
    await eventually(lambda: is_empty(engine))

    assert await outcomes(engine) == ["PENDING", "PENDING", "PENDING", "DONE"]


async def test_a_database_that_is_away_for_the_handler_is_no_failure(engine, work, eventually):
    work(Handler(DatabaseUnavailable("57P01")))
    await enqueue(engine, Job(KIND, "1"))
    await eventually(lambda: is_empty(engine))

    assert await outcomes(engine) == ["DatabaseUnavailable", "DONE"]


async def test_a_job_asked_for_while_it_runs_is_run_once_more(engine, work, eventually):
    handler = Handler()
    handler.gate.clear()
    work(handler)
    await enqueue(engine, Job(KIND, "1"))
    await eventually(lambda: handler.ran["1"])
    await enqueue(engine, Job(KIND, "1"))
    await enqueue(engine, Job(KIND, "1"))
    handler.gate.set()
    await eventually(lambda: is_empty(engine))

    assert handler.ran == {"1": 2}


async def test_a_held_job_that_is_asked_for_again_is_tried_anew(engine, work, eventually):
    work(Handler(KeyError()))
    await enqueue(engine, Job(KIND, "1"))
    await eventually(lambda: is_held(engine))
    await enqueue(engine, Job(KIND, "1"))
    await eventually(lambda: is_empty(engine))

    assert await outcomes(engine) == ["KeyError", "DONE"]


async def test_a_job_runs_at_its_time_and_not_before(engine, work, eventually):
    handler = Handler()
    work(handler)
    due = datetime.now(UTC) + timedelta(seconds=1.5)
    await enqueue(
        engine, Job(KIND, "soon", {}, due), Job(KIND, "in years", {}, due + timedelta(days=20_000)), Job(KIND, "now")
    )
    await eventually(lambda: handler.ran["now"])
    await eventually(lambda: handler.ran["soon"])

    async with transaction(engine) as connection:
        assert (await connection.execute(text("SELECT now()"))).scalar_one() >= due
    assert [row.key for row in await rows(engine) if row.state == "WAITING"] == ["in years"]
    assert handler.ran["in years"] == 0


@pytest.fixture
async def eight_engines(database_url):
    """Asked for before `work`, so that they end after the workers, which go on looking for jobs until then."""
    engines = [engine_of(database_url) for _ in range(8)]
    yield engines
    for each in engines:
        await each.dispose()


async def test_eight_workers_run_each_job_once(eight_engines, engine, work, eventually):
    handler = Handler()
    for each in eight_engines:
        work(handler, engine=each, slots=3)
    for start in range(0, 200, 20):
        await enqueue(engine, *(Job(KIND, str(start + number)) for number in range(20)))
    await eventually(lambda: is_empty(engine), within=timedelta(seconds=60))

    assert handler.ran == {str(number): 1 for number in range(200)}
    assert await outcomes(engine) == ["DONE"] * 200


async def test_no_more_jobs_run_at_once_than_there_are_slots(engine, work, eventually):
    handler = Handler()
    handler.gate.clear()
    work(handler, slots=3)
    await enqueue(engine, *(Job(KIND, str(number)) for number in range(10)))
    await eventually(lambda: handler.running.total() == 3)
    handler.gate.set()
    await eventually(lambda: is_empty(engine))

    assert handler.most == 3
    assert len(handler.ran) == 10


async def test_a_stopped_worker_finishes_what_runs_and_starts_nothing(engine, work, eventually):
    handler = Handler()
    handler.gate.clear()
    _, task = work(handler, slots=1)
    await enqueue(engine, Job(KIND, "1"), Job(KIND, "2"))
    await eventually(lambda: handler.ran.total() == 1)
    task.cancel()
    await asyncio.sleep(0)
    handler.gate.set()
    await asyncio.gather(task, return_exceptions=True)

    assert handler.ran.total() == 1
    assert [row.state for row in await rows(engine)] == ["WAITING"]


async def test_a_job_that_outlasts_the_drain_is_given_back_and_taken_at_once(engine, work, eventually):
    endless = Handler()
    endless.gate.clear()
    _, task = work(endless, drain=MOMENT)
    await enqueue(engine, Job(KIND, "1"))
    await eventually(lambda: endless.ran["1"])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    work(Handler(), lease=timedelta(hours=1))
    await eventually(lambda: is_empty(engine))

    assert await outcomes(engine) == ["RETURNED", "DONE"]


async def test_a_job_longer_than_its_lease_stays_with_its_worker(engine, work, eventually):
    handler = Handler()
    handler.gate.clear()
    for _ in range(2):
        work(handler, lease=timedelta(seconds=6))
    await enqueue(engine, Job(KIND, "1"))
    (first,) = await taken(engine, eventually)

    async def renewed():
        (row,) = await rows(engine)
        return row.due_time > first.due_time + timedelta(seconds=1.5)

    await eventually(renewed)
    handler.gate.set()
    await eventually(lambda: is_empty(engine))
    assert handler.ran == {"1": 1}


async def taken(engine, eventually):
    async def running():
        return [row.state for row in await rows(engine)] == ["RUNNING"]

    await eventually(running)
    return await rows(engine)


async def test_a_worker_whose_job_was_taken_by_another_stops_it_and_says_nothing(engine, work, eventually):
    handler = Handler()
    handler.gate.clear()
    work(handler)
    await enqueue(engine, Job(KIND, "1"))
    await taken(engine, eventually)
    async with transaction(engine) as connection:
        await connection.execute(text("UPDATE work.jobs SET attempts = 2"))
    await eventually(lambda: not handler.running["1"])

    (row,) = await rows(engine)
    assert (row.state, row.attempts) == ("RUNNING", 2)


async def test_jobs_of_kinds_nobody_knows_here_are_left_alone(engine, work, eventually):
    work(Handler())
    await enqueue(engine, Job("NEWER", "1"), Job(KIND, "1"))

    async def only_the_newer():
        return [row.kind for row in await rows(engine)] == ["NEWER"]

    await eventually(only_the_newer)


async def test_what_waits_and_what_is_held_is_counted(engine, work, eventually):
    metrics = Metrics(CollectorRegistry(), jobs={KIND})
    await enqueue(engine, Job(KIND, "late", {}, datetime.now(UTC) + timedelta(days=1)), Job(KIND, "1"), Job(KIND, "2"))
    async with transaction(engine) as connection:
        await connection.execute(text("UPDATE work.jobs SET state = 'HELD' WHERE key = '1'"))
        await connection.execute(text("UPDATE work.jobs SET due_time = now() - interval '1 day' WHERE key = '2'"))
    work(Handler(), slots=0, metrics=metrics)

    await eventually(lambda: metrics.jobs_waiting.labels(KIND)._value.get() == 1)
    assert metrics.jobs_held.labels(KIND)._value.get() == 1


async def test_a_database_without_the_tables_ends_the_worker(database_url):
    bare = engine_of(database_url)

    with pytest.raises(DatabaseRefused):
        await worker_of(bare, Handler()).run()
    await bare.dispose()
