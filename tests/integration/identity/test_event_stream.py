"""The stream of events on PostgreSQL: behind the window, at its edge, over what is forgotten, and when nobody watches."""

from __future__ import annotations

import asyncio
import math
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from xacthuc.identity.adapters.tables import SCHEMA, outbox
from xacthuc.identity.domain.events import told
from xacthuc.sql.engine import transaction
from xacthuc.sql.migrations import dsn
from xacthuc.sql.outbox import Event, Positioned
from xacthuc.sql.relay import Relay
from xacthuc.watching import tail as tail_module
from xacthuc.watching.cursors import CursorRefusedError, Fault
from xacthuc.watching.outbox_source import OutboxSource
from xacthuc.watching.plain_source import PlainSource
from xacthuc.watching.stream import EventStream
from xacthuc.watching.tail import Tail

NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture(params=["pool", "driver"])
async def source(request, engine, migrated_url):
    """An outbox as its own service reads it, and as a process for watchers alone does."""
    if request.param == "pool":
        yield OutboxSource(engine, outbox)
        return
    async with PlainSource(
        dsn(migrated_url),
        SCHEMA,
        application_name="test",
        pool_size=4,
        wait=timedelta(seconds=30),
        statement_timeout=timedelta(seconds=30),
    ) as made:
        yield made


@pytest.fixture
async def stream(source):
    tail = Tail(source, told)
    reading = asyncio.create_task(tail.run())
    yield EventStream(tail)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)


async def happen(engine, count, platform="forum", subject="an"):
    async with transaction(engine) as connection:
        await outbox.append(
            connection,
            [
                Event(platform=platform, subject=f"{subject}{number}", kind="PHONE_VERIFIED", time=NOW, detail={})
                for number in range(count)
            ],
        )
    relay = Relay(engine, SCHEMA, interval=timedelta(seconds=1), on_lag=lambda _age: None)
    while await relay.place():
        pass


async def forget(engine, until):
    async with transaction(engine) as connection:
        await outbox.forget(connection, before=NOW + timedelta(days=1), until=until)


@asynccontextmanager
async def behind(stream, cursor="", platform="forum"):
    async with aclosing(stream.watch(platform, cursor)) as batches:
        yield batches


async def take(batches, count):
    found = []
    async with asyncio.timeout(20):
        while len(found) < count:
            found += (await anext(batches)).events
    return found


async def test_who_is_far_behind_reads_the_database_and_arrives_at_what_is_new(engine, stream):
    await happen(engine, 2_500)
    async with behind(stream) as batches:
        old = await take(batches, 2_500)
        await happen(engine, 3, subject="new")
        new = await take(batches, 3)

    assert [event.position for event in old] == list(range(1, 2_501))
    assert [event.account_id for event in new] == ["new0", "new1", "new2"]


async def test_a_slow_watcher_that_the_window_left_behind_misses_nothing(engine, stream, monkeypatch):
    monkeypatch.setattr(tail_module, "_MOST_EVENTS", 50)
    async with behind(stream) as slow, behind(stream) as quick:
        await anext(slow)  # and then it does something else
        for turn in range(20):
            await happen(engine, 20, subject=f"t{turn}.")
        assert len(await take(quick, 400)) == 400
        seen = await take(slow, 400)

    assert [event.position for event in seen] == list(range(1, 401))


async def test_a_platform_without_events_moves_on_all_the_same(engine, stream):
    await happen(engine, 900, platform="other")
    await happen(engine, 1)
    async with behind(stream) as batches:
        (event,) = await take(batches, 1)

    assert event.position == 901


async def test_a_heartbeat_carries_the_watcher_over_what_is_not_its_own(engine, stream):
    await happen(engine, 5, platform="other")
    async with behind(stream, await stream.cursor()) as batches:
        first = await anext(batches)

    assert (list(first.events), first.position) == ([], 5)


async def test_a_cursor_is_good_until_what_comes_behind_it_is_forgotten(engine, stream):
    await happen(engine, 10)
    async with behind(stream) as batches:
        await take(batches, 10)
    places = await stream._tail.places()
    await forget(engine, until=4)

    async with behind(stream, places.cursor(4)) as batches:
        kept = await take(batches, 6)
    stream._tail._window = type(stream._tail.window)(10, 100)  # as in a process that was started just now
    with pytest.raises(CursorRefusedError) as refused:
        async with behind(stream, places.cursor(3)) as batches:
            await anext(batches)
    async with behind(stream) as batches:
        oldest = await take(batches, 6)

    assert [event.position for event in kept] == [5, 6, 7, 8, 9, 10]
    assert refused.value.fault is Fault.EXPIRED
    assert [event.position for event in oldest] == [5, 6, 7, 8, 9, 10]


async def test_what_is_forgotten_while_somebody_reads_it_is_not_passed_over_in_silence(engine, stream):
    await happen(engine, 3_000)
    async with behind(stream) as batches:
        await take(batches, 100)
        await forget(engine, until=900)
        with pytest.raises(CursorRefusedError) as refused:
            await take(batches, 3_000)

    assert refused.value.fault is Fault.EXPIRED


async def test_nobody_watching_costs_nothing_and_the_next_one_begins_near_the_end(engine, stream):
    async with behind(stream) as batches:
        await anext(batches)
    await happen(engine, 5_000)

    async with behind(stream, await stream.cursor()) as batches:
        await happen(engine, 1, subject="new")
        (event,) = await take(batches, 1)

    assert event.account_id == "new0"
    assert stream._tail.window.start >= 3_000


async def test_a_database_that_is_away_for_a_moment_is_outlasted(engine, stream):
    async with behind(stream) as batches:
        await anext(batches)
        async with transaction(engine) as connection:
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        await happen(engine, 2)
        events = await take(batches, 2)

    assert [event.position for event in events] == [1, 2]


async def test_those_who_come_back_together_share_what_is_read_about_the_ends(engine, stream, monkeypatch):
    await happen(engine, 10)
    source = stream._tail.source
    cursor, reads, read = await stream.spelled(3), [], source.ends

    async def counted():
        reads.append("ends")
        return await read()

    monkeypatch.setattr(source, "ends", counted)

    async def come_back():
        async with behind(stream, cursor) as batches:
            return [event.position for event in await take(batches, 7)]

    seen = await asyncio.gather(*(come_back() for _ in range(50)))

    assert seen == [[4, 5, 6, 7, 8, 9, 10]] * 50
    assert 1 <= len(reads) < 10


async def test_who_waits_is_woken_when_the_window_begins_anew(engine, source, monkeypatch):
    monkeypatch.setattr(tail_module, "_MOST_BEHIND", 5)
    tail = Tail(source, told)
    change = tail.waiting.join("forum", math.inf)
    await happen(engine, 20, platform="other")

    await tail.catch_up()

    assert change.done()


async def test_both_ways_of_reading_say_the_same(engine, source):
    async with transaction(engine) as connection:
        detail = {"reason": "LOCK", "count": 3, "last": None, "whole": True}
        event = Event(platform="forum", subject="an", kind="LOCKED", time=NOW, detail=detail)
        await outbox.append(
            connection, [event, Event(platform="other", subject="binh", kind="LOCKED", time=NOW, detail={})]
        )
    await happen(engine, 0)

    assert await source.span(after=0, until=9, platform="forum") == ((2, 0), [Positioned(1, event)])
    assert await source.span(after=1, until=9, platform="forum") == ((2, 0), [])
    assert [one.position for one in (await source.span(after=0, until=9)).events] == [1, 2]
    assert await source.ends() == (2, 0)
    assert len(await source.secret()) == 32
