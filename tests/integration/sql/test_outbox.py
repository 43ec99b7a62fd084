"""The outbox and its relay, on PostgreSQL."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from xacthuc.identity.adapters.tables import SCHEMA, outbox
from xacthuc.sql.engine import transaction
from xacthuc.sql.outbox import Event
from xacthuc.sql.relay import Relay


def event(subject, number):
    return Event(platform="p", subject=subject, kind="K", time=datetime.now(UTC), detail={"number": number})


def relay_of(engine, lags=None):
    told = [] if lags is None else lags
    return Relay(engine, SCHEMA, interval=timedelta(milliseconds=5), on_lag=told.append)


async def read_all(engine, after=0):
    async with transaction(engine) as connection:
        return await outbox.read(connection, after=after, limit=100_000)


async def append(engine, *events):
    async with transaction(engine) as connection:
        await outbox.append(connection, events)


async def test_an_event_has_no_place_before_the_relay_gave_it_one(engine):
    await append(engine, event("a", 1))

    assert await read_all(engine) == []


async def test_positions_are_dense_and_in_order(engine):
    await append(engine, event("a", 1), event("a", 2))
    await append(engine, event("b", 3))
    await relay_of(engine).place()
    await append(engine, event("a", 4))
    await relay_of(engine).place()

    found = await read_all(engine)

    assert [each.position for each in found] == [1, 2, 3, 4]
    assert [each.event.detail["number"] for each in found] == [1, 2, 3, 4]


async def test_a_reader_resumes_behind_its_position(engine):
    await append(engine, event("a", 1), event("a", 2), event("a", 3))
    await relay_of(engine).place()

    assert [each.event.detail["number"] for each in await read_all(engine, after=1)] == [2, 3]


async def test_a_row_that_commits_late_gets_its_place_behind_those_already_read(engine):
    async with engine.connect() as slow:
        await slow.begin()
        await outbox.append(slow, [event("late", 1)])
        await append(engine, event("early", 2))
        await relay_of(engine).place()
        assert [each.event.subject for each in await read_all(engine)] == ["early"]
        await slow.commit()
    await relay_of(engine).place()

    assert [each.event.subject for each in await read_all(engine, after=1)] == ["late"]


async def test_a_rolled_back_change_leaves_no_gap(engine):
    async with engine.connect() as undone:
        await undone.begin()
        await outbox.append(undone, [event("a", 1)])
        await undone.rollback()
    await append(engine, event("a", 2))
    await relay_of(engine).place()

    assert [each.position for each in await read_all(engine)] == [1]


async def test_positions_go_on_behind_events_that_were_deleted(engine):
    await append(engine, event("a", 1))
    await relay_of(engine).place()
    async with transaction(engine) as connection:
        await connection.execute(text("DELETE FROM identity.outbox"))
    await append(engine, event("a", 2))
    await relay_of(engine).place()

    assert [each.position for each in await read_all(engine)] == [2]


async def test_one_relay_works_at_a_time(engine):
    await append(engine, event("a", 1))
    async with engine.connect() as other:
        await other.begin()
        await other.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('identity.outbox', 0))"))
        assert await relay_of(engine).place() == 0
        await other.rollback()

    assert await relay_of(engine).place() == 1


async def test_the_lag_is_the_age_of_the_oldest_row(engine):
    lags = []
    old = Event(platform="p", subject="a", kind="K", time=datetime.now(UTC) - timedelta(seconds=90), detail={})
    await append(engine, old)
    await relay_of(engine, lags).place()
    await relay_of(engine, lags).place()

    assert 90 <= lags[0] < 120
    assert lags[1] == 0


async def test_sixteen_writers_and_three_relays_lose_nothing_and_keep_each_subjects_order(engine, eventually):
    """Writers lock the subject before they append, as every use of the outbox does."""
    async with transaction(engine) as connection:
        await connection.execute(text("CREATE TABLE subjects (name text PRIMARY KEY, last int NOT NULL)"))
        await connection.execute(text("INSERT INTO subjects SELECT 's' || n, 0 FROM generate_series(0, 4) AS n"))

    async def write():
        for _ in range(12):
            subject = f"s{random.randrange(5)}"
            async with engine.connect() as connection:
                await connection.begin()
                locked = text("UPDATE subjects SET last = last + 1 WHERE name = :name RETURNING last")
                number = (await connection.execute(locked, {"name": subject})).scalar_one()
                await outbox.append(connection, [event(subject, number)])
                if random.random() < 0.2:
                    await connection.rollback()
                else:
                    await connection.commit()

    relays = [asyncio.create_task(relay_of(engine).run()) for _ in range(3)]
    await asyncio.gather(*(write() for _ in range(16)))
    async with transaction(engine) as connection:
        written = dict((await connection.execute(text("SELECT name, last FROM subjects"))).tuples().all())

    async def all_placed():
        return len(await read_all(engine)) == sum(written.values())

    await eventually(all_placed)
    for task in relays:
        task.cancel()
    await asyncio.gather(*relays, return_exceptions=True)
    found = await read_all(engine)

    assert list(range(1, len(found) + 1)) == [each.position for each in found]
    for subject, last in written.items():
        order = [each.event.detail["number"] for each in found if each.event.subject == subject]
        assert list(range(1, last + 1)) == order


async def span(engine, after, until, platform=""):
    async with transaction(engine) as connection:
        return await outbox.span(connection, after=after, until=until, platform=platform)


async def forget(engine, before, until=1_000_000, limit=5_000):
    async with transaction(engine) as connection:
        return await outbox.forget(connection, before=before, until=until, limit=limit)


def of_age(number, age, platform="p"):
    return Event(platform=platform, subject="a", kind="K", time=datetime.now(UTC) - age, detail={"number": number})


async def test_a_span_says_what_happened_in_it_and_where_the_outbox_begins_and_ends(engine):
    await append(engine, *(of_age(number, timedelta(), "pq"[number % 2]) for number in range(6)))
    await relay_of(engine).place()

    every, of_p, nothing = await span(engine, 1, 4), await span(engine, 1, 4, "p"), await span(engine, 6, 9)

    assert [one.position for one in every.events] == [2, 3, 4]
    assert [one.position for one in of_p.events] == [3]
    assert nothing.events == []
    assert every.head == of_p.head == nothing.head == (6, 0)


async def test_what_is_old_is_forgotten_from_the_front_and_the_outbox_says_so(engine):
    days = (40, 35, 1, 50, 2)
    await append(engine, *(of_age(number, timedelta(days=age)) for number, age in enumerate(days)))
    await relay_of(engine).place()

    before = datetime.now(UTC) - timedelta(days=30)
    counts = [await forget(engine, before), await forget(engine, before)]

    found = await span(engine, 0, 10)
    assert counts == [2, 0]
    assert found.head == (5, 2)
    assert [one.position for one in found.events] == [3, 4, 5]  # the old one in between waits for its elders


async def test_nothing_behind_a_given_position_is_forgotten_and_a_little_at_a_time(engine):
    await append(engine, *(of_age(number, timedelta(days=40)) for number in range(5)))
    await relay_of(engine).place()

    counts = [await forget(engine, datetime.now(UTC), until=3, limit=2) for _ in range(3)]

    assert counts == [2, 1, 0]
    assert [one.position for one in await read_all(engine)] == [4, 5]


async def test_two_who_forget_at_once_do_it_once(engine):
    await append(engine, *(of_age(number, timedelta(days=40)) for number in range(50)))
    await relay_of(engine).place()

    await asyncio.gather(*(forget(engine, datetime.now(UTC)) for _ in range(4)))

    assert (await span(engine, 0, 100)).head == (50, 50)
    assert await read_all(engine) == []


async def test_the_relay_tells_when_rows_got_their_places(engine):
    told = []
    relay = Relay(
        engine, SCHEMA, interval=timedelta(seconds=1), on_lag=lambda _age: None, on_placed=lambda: told.append(1)
    )
    await relay.place()
    await append(engine, event("a", 1))
    await relay.place()

    assert told == [1]
