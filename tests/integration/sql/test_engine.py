"""Short transactions, and what counts as the database being away."""

from __future__ import annotations

import re
import traceback
from datetime import timedelta

import pytest
from sqlalchemy import text

from xacthuc.sql.engine import make_engine, transaction
from xacthuc.sql.errors import DatabaseBusy, DatabaseRefused, DatabaseUnavailable
from xacthuc.sql.migrations import dsn


def small(url):
    return make_engine(
        url,
        application_name="test",
        pool_size=1,
        wait=timedelta(milliseconds=100),
        statement_timeout=timedelta(milliseconds=100),
    )


async def run(engine, statement, **parameters):
    async with transaction(engine) as connection:
        await connection.execute(text(statement), parameters)


async def insert_and(engine, statement):
    async with transaction(engine) as connection:
        await connection.execute(text("INSERT INTO identity.platforms VALUES ('p', 'P', now())"))
        await connection.execute(text(statement))


async def test_a_block_that_raises_changes_nothing(engine):
    with pytest.raises(DatabaseRefused):
        await insert_and(engine, "SELECT 1 / 0")

    async with transaction(engine) as connection:
        assert (await connection.execute(text("SELECT count(*) FROM identity.platforms"))).scalar_one() == 0


async def test_a_server_that_nobody_runs_is_unavailable():
    engine = small("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")

    with pytest.raises(DatabaseUnavailable) as failed:
        await run(engine, "SELECT 1")
    assert failed.type is DatabaseUnavailable
    await engine.dispose()


@pytest.mark.parametrize(
    ("role", "database", "told"),
    [
        ("stranger", "postgres", "InvalidAuthorizationSpecificationError 28000"),
        ("xacthuc", "being_restored", "InvalidCatalogNameError 3D000"),
    ],
)
async def test_a_login_or_a_database_that_is_being_changed_is_waited_for(postgres_server, role, database, told):
    engine = small(postgres_server.database_url(database).replace("//xacthuc@", f"//{role}@"))

    with pytest.raises(DatabaseUnavailable, match=told) as failed:
        await run(engine, "SELECT 1")

    assert failed.type is DatabaseUnavailable
    await engine.dispose()


async def test_an_exhausted_pool_is_busy_after_its_wait(migrated_url):
    engine = small(migrated_url)
    async with transaction(engine):
        with pytest.raises(DatabaseBusy):
            await run(engine, "SELECT 1")
    await engine.dispose()


async def test_a_server_that_admits_no_more_connections_is_busy(migrated_url, sql):
    """What it says while a connection is made comes from the driver itself, not through SQLAlchemy."""
    sql("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
    engine = small(migrated_url.replace("//xacthuc@", "//crowded@"))
    try:
        with pytest.raises(DatabaseBusy):
            await run(engine, "SELECT 1")
    finally:
        await engine.dispose()
        sql("DROP ROLE crowded")


async def test_a_statement_that_takes_too_long_finds_the_database_busy(migrated_url):
    engine = small(migrated_url)

    with pytest.raises(DatabaseBusy):
        await run(engine, "SELECT pg_sleep(5)")
    await engine.dispose()


async def test_a_connection_that_the_server_ended_is_unavailable_once_and_then_replaced(engine):
    with pytest.raises(DatabaseUnavailable) as failed:
        await run(engine, "SELECT pg_terminate_backend(pg_backend_pid())")

    assert failed.type is DatabaseUnavailable
    async with transaction(engine) as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1


async def test_a_server_that_takes_no_writes_any_more_is_unavailable_and_left(migrated_url):
    """After a failover the former primary goes on, read-only, and so do the connections to it."""
    engine = small(migrated_url)
    async with transaction(engine) as connection:
        first = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        await connection.execute(text("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"))

    with pytest.raises(DatabaseUnavailable) as failed:
        await run(engine, "INSERT INTO identity.platforms VALUES ('p', 'P', now())")
    async with transaction(engine) as connection:
        second = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()

    assert failed.type is DatabaseUnavailable
    assert first != second
    await engine.dispose()


async def test_a_block_that_idles_too_long_in_its_transaction_is_unavailable(migrated_url, engine, eventually):
    idling = small(migrated_url)

    async def is_ended(session):
        async with transaction(engine) as connection:
            found = await connection.execute(text("SELECT 1 FROM pg_stat_activity WHERE pid = :pid"), {"pid": session})
            return not found.all()

    with pytest.raises(DatabaseUnavailable):
        async with transaction(idling) as connection:
            session = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            await eventually(lambda: is_ended(session))
            await connection.execute(text("SELECT 2"))
    await idling.dispose()


async def test_a_broken_rule_is_not_taken_for_an_outage(engine):
    with pytest.raises(DatabaseRefused):
        await run(engine, "INSERT INTO identity.platforms VALUES (NULL, 'P', now())")


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    "statement", ["INSERT INTO identity.platforms VALUES (:who, :who, now())", "SELECT CAST(CAST(:who AS text) AS int)"]
)
async def test_the_log_of_a_failed_statement_tells_the_failure_and_no_value(engine, statement):
    """PostgreSQL quotes the row in DETAIL ("Key (platform)=(...) already exists"), SQLAlchemy the parameters."""
    who = "hoa-ban-trang-7731"
    await run(engine, "INSERT INTO identity.platforms VALUES (:who, 'P', now())", who=who)
    with pytest.raises(DatabaseRefused) as failed:
        await run(engine, statement, who=who)

    logged = "".join(traceback.format_exception(failed.value))
    assert re.search(r"DatabaseRefused: \w+Error \w{5}\n", logged)
    assert "test_engine.py" in logged
    assert who not in logged


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql+asyncpg://u:p@h/d", "postgresql://u:p@h/d"),
        ("postgresql+asyncpg://u@h/d?ssl=require&host=%2Ftmp", "postgresql://u@h/d?sslmode=require&host=%2Ftmp"),
    ],
)
def test_the_url_is_understood_without_sqlalchemy(url, expected):
    assert expected == dsn(url)
