"""What is on record of broadcasts goes when its time is over, and nothing before; the clock stands where a test puts it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from broadcast_rows import keep
from holds import nothing_held
from sqlalchemy import insert, select

from xacthuc.clock import FixedClock
from xacthuc.livestream.adapters.erasures import Erasures
from xacthuc.livestream.adapters.housekeeping import Housekeeping
from xacthuc.livestream.adapters.tables import broadcasters, broadcasts, decisions, declarations, outbox
from xacthuc.livestream.domain.broadcast import State
from xacthuc.policy import Policy
from xacthuc.policy.dates import months_after
from xacthuc.sql.engine import transaction
from xacthuc.sql.migrations import dsn
from xacthuc.sql.outbox import Event
from xacthuc.sql.relay import Relay

POLICY = Policy.load()
NOW = datetime(2029, 3, 31, 12, tzinfo=UTC)
EDGE = months_after(NOW, -POLICY.livestream.record_months)
EARLIER = EDGE - timedelta(days=1)
LATER = EDGE + timedelta(days=1)


@pytest.fixture
def housekeeping(engine):
    return Housekeeping(engine, FixedClock(NOW), POLICY, nothing_held)


async def left(engine):
    async with transaction(engine) as connection:
        shows = [
            set(await connection.scalars(select(table.c.broadcast))) for table in (broadcasts, decisions, declarations)
        ]
        accounts = set(await connection.scalars(select(broadcasters.c.account)))
    assert shows[0] == shows[1] == shows[2]
    return shows[0], accounts


async def test_a_record_goes_when_its_broadcast_is_over_for_so_long(engine, housekeeping):
    await keep(engine, "old", "an", State.ENDED, EARLIER, end_time=EARLIER)
    await keep(engine, "cut", "binh", State.REVOKED, EARLIER, revoke_time=EARLIER)
    await keep(engine, "refused", "chi", State.REFUSED, EARLIER)
    await keep(engine, "long", "dung", State.ENDED, EARLIER, end_time=LATER)
    await keep(engine, "told late", "dung", State.REVOKED, EARLIER, revoke_time=EARLIER, end_time=LATER)
    await keep(engine, "new", "an", State.ENDED, LATER, end_time=LATER)
    await keep(engine, "on air", "em", State.LIVE, EARLIER, close_time=NOW + timedelta(minutes=1))

    await housekeeping.forget()

    assert await left(engine) == ({"long", "new", "on air"}, {"an", "dung", "em"})


async def test_however_much_is_over_at_once_it_goes(engine, housekeeping, migrated_url):
    """As after `record_months` was shortened: more than a statement may have parameters, most of it of one account."""
    connection = await asyncpg.connect(dsn(migrated_url))
    try:
        await connection.execute(f"""
            INSERT INTO livestream.broadcasters VALUES ('forum', 'an', 0), ('forum', 'binh', 0);
            INSERT INTO livestream.broadcasts (
                platform, broadcast, account, state, commerce, decisions, declarations, create_time, end_time
            ) SELECT 'forum', 's' || n, CASE n WHEN 1 THEN 'binh' ELSE 'an' END, 'ENDED', 'NONE', 0, 1, '{EARLIER}',
                '{EARLIER}' FROM generate_series(1, 17000) AS n;
            INSERT INTO livestream.declarations SELECT 'forum', 's' || n, 1, 'PRICE', '', '{EARLIER}', '{EARLIER}'
            FROM generate_series(1, 17000) AS n;
        """)
    finally:
        await connection.close()

    await housekeeping.forget()

    assert await left(engine) == (set(), set())


async def test_an_account_that_was_asked_about_and_never_came_on_record_is_forgotten(engine, housekeeping):
    """Somebody died between the question and the answer; who asked within the hour may still write it."""
    hour_ago = NOW - timedelta(hours=1)
    times = {"died": hour_ago - timedelta(minutes=1), "asks": hour_ago + timedelta(minutes=1)}
    async with transaction(engine) as connection:
        for account, asked in times.items():
            heard = int(asked.timestamp() * 1_000_000) + 3  # of it something was heard since
            await connection.execute(insert(broadcasters).values(platform="forum", account=account, heard=heard))
    await keep(engine, "on air", "em", State.LIVE, EARLIER, close_time=NOW + timedelta(minutes=1))

    await housekeeping.forget()

    assert await left(engine) == ({"on air"}, {"asks", "em"})


async def test_what_edges_were_told_is_forgotten_after_the_days_that_a_watcher_may_go_back(engine, housekeeping):
    kept_since = NOW - timedelta(days=POLICY.events.kept_days)
    async with transaction(engine) as connection:
        times = (kept_since - timedelta(hours=1), kept_since + timedelta(hours=1))
        told = [Event(platform="forum", subject="show", kind="GOODS_HIDDEN", time=time, detail={}) for time in times]
        await outbox.append(connection, told)
    await Relay(engine, "livestream", interval=timedelta(seconds=1), on_lag=lambda _age: None).place()

    await housekeeping.forget()

    async with transaction(engine) as connection:
        head, events = await outbox.span(connection, after=0, until=10)
    assert (head.forgotten, [each.position for each in events]) == (1, [2])


async def test_an_erasure_leaves_nothing_of_an_account_of_which_nothing_is_on_record(engine):
    await keep(engine, "show", "an", State.ENDED, LATER, end_time=LATER)
    async with transaction(engine) as connection:
        await connection.execute(insert(broadcasters).values(platform="forum", account="binh", heard=0))
    erasures = Erasures(engine, None, POLICY, FixedClock(NOW))

    until = [await erasures.erase("forum", account) for account in ("an", "binh")]

    assert until == [months_after(LATER, POLICY.livestream.record_months), None]
    assert await left(engine) == ({"show"}, {"an"})
