"""Short transactions, and what counts as the database being away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from xacthuc.sql.engine import make_engine, transaction
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.sql.migrations import dsn


def small(url):
    return make_engine(
        url,
        application_name="test",
        pool_size=1,
        wait=timedelta(milliseconds=100),
        statement_timeout=timedelta(milliseconds=100),
    )


async def run(engine, statement):
    async with transaction(engine) as connection:
        await connection.execute(text(statement))


async def insert_and(engine, statement):
    async with transaction(engine) as connection:
        await connection.execute(text("INSERT INTO identity.platforms VALUES ('p', 'P', now())"))
        await connection.execute(text(statement))


async def test_a_block_that_raises_changes_nothing(engine):
    with pytest.raises(DBAPIError):
        await insert_and(engine, "SELECT 1 / 0")

    async with transaction(engine) as connection:
        assert (await connection.execute(text("SELECT count(*) FROM identity.platforms"))).scalar_one() == 0


async def test_a_server_that_nobody_runs_is_unavailable():
    engine = small("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")

    with pytest.raises(DatabaseUnavailable):
        await run(engine, "SELECT 1")
    await engine.dispose()


async def test_an_exhausted_pool_is_unavailable_after_its_wait(migrated_url):
    engine = small(migrated_url)
    async with transaction(engine):
        with pytest.raises(DatabaseUnavailable):
            await run(engine, "SELECT 1")
    await engine.dispose()


async def test_a_statement_that_takes_too_long_is_unavailable(migrated_url):
    engine = small(migrated_url)

    with pytest.raises(DatabaseUnavailable):
        await run(engine, "SELECT pg_sleep(5)")
    await engine.dispose()


async def test_a_connection_that_the_server_ended_is_unavailable_once_and_then_replaced(engine):
    with pytest.raises(DatabaseUnavailable):
        await run(engine, "SELECT pg_terminate_backend(pg_backend_pid())")

    async with transaction(engine) as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1


async def test_a_broken_rule_is_not_taken_for_an_outage(engine):
    with pytest.raises(DBAPIError):
        await run(engine, "INSERT INTO identity.platforms VALUES (NULL, 'P', now())")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql+asyncpg://u:p@h/d", "postgresql://u:p@h/d"),
        ("postgresql+asyncpg://u@h/d?ssl=require&host=%2Ftmp", "postgresql://u@h/d?sslmode=require&host=%2Ftmp"),
    ],
)
def test_the_url_is_understood_without_sqlalchemy(url, expected):
    assert expected == dsn(url)
