"""A server that hangs keeps its connections open: it says nothing, and TCP finds nothing wrong."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from datetime import timedelta

import pytest
from silent_postgres import silent
from sqlalchemy import text

from xacthuc.embedded import Postgres
from xacthuc.sql.engine import make_engine, transaction
from xacthuc.sql.errors import DatabaseUnavailable

WAIT = timedelta(seconds=1)
STATEMENT = timedelta(milliseconds=300)
SPARE = timedelta(seconds=1)
"""For a machine that does other things too."""

BOUND = STATEMENT + timedelta(milliseconds=500) + SPARE
"""A statement's time, what the server gets to say that it is over, and nothing for a farewell."""


@pytest.fixture
def server(tmp_path):
    with Postgres(tmp_path, settings={"fsync": "off", "shared_buffers": "32MB"}) as running:
        yield running


@pytest.fixture
async def engine(server):
    made = make_engine(server.url, application_name="test", pool_size=2, wait=WAIT, statement_timeout=STATEMENT)
    yield made
    await made.dispose()


async def ask(engine):
    async with transaction(engine) as connection:
        return (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()


async def seconds_until_unavailable(attempt):
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable) as failed:
        await attempt
    assert failed.type is DatabaseUnavailable, "busy would say that somebody else is answered"
    return time.monotonic() - began


async def test_a_connection_that_waits_in_the_pool_is_found_silent_within_its_bound(engine, server):
    await ask(engine)
    with silent(server):
        took = await seconds_until_unavailable(ask(engine))

    assert took < BOUND.total_seconds()


async def test_a_transaction_under_way_is_told_within_its_bound(engine, server):
    async def stalled():
        async with transaction(engine) as connection:
            await connection.execute(text("SELECT 1"))
            with silent(server):
                await connection.execute(text("SELECT 2"))

    assert await seconds_until_unavailable(stalled()) < BOUND.total_seconds()


async def test_a_commit_that_is_not_confirmed_is_told_within_its_bound(engine, server):
    async def unconfirmed(stack):
        async with transaction(engine) as connection:
            await connection.execute(text("SELECT 1"))
            stack.enter_context(silent(server))

    with ExitStack() as stack:
        assert await seconds_until_unavailable(unconfirmed(stack)) < BOUND.total_seconds()


async def test_a_silent_server_that_wakes_up_is_used_again_at_once(engine, server):
    before = await asyncio.gather(ask(engine), ask(engine))
    with silent(server):
        await asyncio.gather(*(seconds_until_unavailable(ask(engine)) for _ in range(2)))

    after = await asyncio.gather(ask(engine), ask(engine))

    assert not set(before) & set(after), "a connection with an answer outstanding must not be given to anybody"
