"""Jobs as they are written down, on PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from job_schema import KIND, SCHEMA, engine_of, enqueue, metadata, queue, rows
from sqlalchemy import text

from xacthuc.jobs.claims import Claims
from xacthuc.jobs.job import Job
from xacthuc.sql.engine import transaction

LATER = datetime.now(UTC) + timedelta(days=700)
MANY = 100_000


async def test_the_migration_makes_what_the_tables_say(engine):
    def difference(connection):
        options = {
            "include_schemas": True,
            "include_name": lambda name, kind, _: kind != "schema" or name == SCHEMA,
            "compare_type": True,
        }
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    async with engine.connect() as connection:
        assert await connection.run_sync(difference) == []


async def test_a_job_is_rolled_back_with_the_change_that_asks_for_it(engine):
    async with engine.connect() as connection:
        await connection.begin()
        await queue.enqueue(connection, [Job(KIND, "1")])
        await connection.rollback()

    assert await rows(engine) == []


async def test_nothing_to_enqueue_asks_nothing(engine):
    await enqueue(engine)

    assert await rows(engine) == []


async def test_asking_again_for_a_waiting_job_changes_nothing(engine):
    await enqueue(engine, Job(KIND, "1", {"id": "a"}))
    before = await rows(engine, "*, xmin::text")
    await enqueue(engine, Job(KIND, "1", {"id": "a"}), Job(KIND, "1", {"id": "a"}, LATER))

    assert await rows(engine, "*, xmin::text") == before


async def test_the_earlier_of_two_times_counts(engine):
    await enqueue(engine, Job(KIND, "1", {}, LATER))
    await enqueue(engine, Job(KIND, "1", {}, LATER - timedelta(days=1)))
    await enqueue(engine, Job(KIND, "1", {}, LATER))

    assert [row.due_time for row in await rows(engine)] == [LATER - timedelta(days=1)]


async def test_two_transactions_with_the_same_jobs_do_not_deadlock(engine):
    jobs = [Job(KIND, str(number)) for number in range(50)]

    await asyncio.gather(*(enqueue(engine, *(jobs if turn % 2 else reversed(jobs))) for turn in range(8)))

    assert len(await rows(engine)) == 50


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


@pytest.fixture
async def crowded(engine):
    """A hundred thousand jobs of later years, and a fifth as many that are due: of our kind, and of one nobody knows."""
    fill = text(
        f"INSERT INTO {SCHEMA}.jobs (kind, key, payload, state, due_time, failures, attempts)"
        f" SELECT :kind, n, '{{}}', 'WAITING', now() + :ahead + n * interval '1 s', 0, 0"
        " FROM generate_series(CAST(:first AS int), :last) AS n"
    )
    year = timedelta(days=365)
    for kind, ahead, many in (("LATER", year, MANY), (KIND, -year, MANY // 5), ("RETIRED", -year, MANY // 5)):
        for first in range(0, many, 10_000):
            async with transaction(engine) as connection:
                span = {"kind": kind, "ahead": ahead, "first": first, "last": first + 9_999}
                await connection.execute(fill, span)
    async with transaction(engine) as connection:
        await connection.execute(text(f"ANALYZE {SCHEMA}.jobs"))
    return engine


@pytest.mark.parametrize("plan", ["force_custom_plan", "force_generic_plan"])
async def test_taking_reads_as_many_rows_as_it_takes_however_many_wait(crowded, plan):
    """Both plans PostgreSQL may come to: for these parameters, and for any, once a statement was prepared for good."""
    parameters = {
        "kinds": f"ARRAY['{KIND}', 'LATER']", "most": "ARRAY[3, 3]", "lease": "interval '15 s'"
    }  # fmt: skip
    compiled = Claims(SCHEMA, timedelta(seconds=15)).taking(4).compile(dialect=crowded.dialect)
    values = ", ".join(parameters[name] for name in compiled.positiontup)
    async with transaction(crowded) as connection:
        await connection.execute(text(f"SET LOCAL plan_cache_mode = {plan}"))
        await connection.exec_driver_sql(f"PREPARE take AS {compiled}")
        explain = f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE take ({values})"
        (explained,) = (await connection.exec_driver_sql(explain)).scalar_one()
    scans = [
        node for node in nodes(explained["Plan"]) if node.get("Relation Name") == "jobs" and "Scan" in node["Node Type"]
    ]

    assert any(node.get("Index Name") == "jobs_due" for node in scans)
    assert not [node for node in scans if node["Node Type"] == "Seq Scan"]
    assert max(node["Actual Rows"] * node["Actual Loops"] for node in scans) <= 8
    assert sum(node.get("Rows Removed by Filter", 0) for node in scans) == 0


async def test_a_late_worker_changes_nothing_any_more(database_url, engine):
    """It was suspended for longer than its lease: what it then says about the job is said about another attempt."""
    from xacthuc.jobs.endings import answered  # noqa: PLC0415

    await enqueue(engine, Job(KIND, "1"))
    claims = Claims(SCHEMA, timedelta())
    other = engine_of(database_url)
    async with transaction(engine) as connection:
        (late,) = await claims.take(connection, {KIND: 9}, 1)
    async with transaction(other) as connection:
        (current,) = await claims.take(connection, {KIND: 9}, 1)
    async with transaction(engine) as connection:
        assert await claims.keep(connection, [late]) == set()
        assert not await claims.end(connection, late, answered(None).ending)
    async with transaction(other) as connection:
        assert current.lost
        assert await claims.keep(connection, [current]) == {current.id}
        assert await claims.end(connection, current, answered(None).ending)
    await other.dispose()

    assert [row.outcome for row in await rows(engine, "outcome", "job_attempts", "number")] == ["LOST", "DONE"]


async def test_a_job_that_kills_its_processes_is_held_in_the_end(engine):
    await enqueue(engine, Job(KIND, "1"))
    claims = Claims(SCHEMA, timedelta())
    for _ in range(3):
        async with transaction(engine) as connection:
            (claim,) = await claims.take(connection, {KIND: 2}, 1)
        if claim.held:
            break
    async with transaction(engine) as connection:
        (held,) = await queue.held(connection)

    assert (held.attempts, held.outcome) == (2, "LOST")


async def test_attempts_are_forgotten_once_their_job_is_over(engine):
    await enqueue(engine, Job(KIND, "1"))
    claims = Claims(SCHEMA, timedelta())
    for _ in range(2):
        async with transaction(engine) as connection:
            assert await claims.take(connection, {KIND: 9}, 1)
    later = datetime.now(UTC) + timedelta(minutes=1)
    async with transaction(engine) as connection:
        assert await queue.forget_attempts(connection, later) == 0
        await connection.execute(text(f"DELETE FROM {SCHEMA}.jobs"))
        assert await queue.forget_attempts(connection, later) == 1
