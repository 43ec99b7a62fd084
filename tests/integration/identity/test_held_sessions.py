"""What a legal hold keeps of the session log beyond its month, on PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from lock_world import rows
from sqlalchemy import text

from xacthuc.identity.adapters.purge import Purge, destruction_job
from xacthuc.identity.adapters.retention import sweeping
from xacthuc.identity.adapters.sessions.held import HeldSessions
from xacthuc.identity.adapters.sessions.keys import SessionKeys
from xacthuc.identity.adapters.sessions.months import SessionMonths
from xacthuc.identity.commands import EndAccount, ReadSessions, RecordSessions
from xacthuc.identity.domain.retention import Data, plan
from xacthuc.identity.domain.sessions import Entry, EntryKind, Month
from xacthuc.identity.ports.retention import HoldOrder
from xacthuc.identity.usecases import lifecycle, retention
from xacthuc.identity.usecases.sessions import list_sessions, record_sessions
from xacthuc.identity.wire.export_documents import as_json
from xacthuc.policy.dates import local_date
from xacthuc.sql.engine import transaction

pytestmark = pytest.mark.rule("R49")
ORIGIN = bytes([203, 0, 113, 7]) + (50_000).to_bytes(2, "big")
SECOND = timedelta(seconds=1)


class World:
    """Two accounts with log-ins of one month, and whoever destroys it."""

    def __init__(self, bench, engine):
        keys = SessionKeys(bench.keys)
        self.bench, self.engine = bench, engine
        self.kept = bench.identity.policy.retention.session_log_months
        self.held = HeldSessions(engine, bench.keys, keys)
        self.months = SessionMonths(engine, keys, self.held, bench.clock, self.kept)
        self.month = Month.of(local_date(bench.clock.now()))

    async def log_in(self, account, times=1):
        us = round(self.bench.clock.now().timestamp() * 1_000_000)
        entries = [Entry(account, EntryKind.LOG_IN, us - number, ORIGIN, "") for number in range(times)]
        order = self.bench.order(account, "RecordSessions")
        await record_sessions(self.bench.identity, RecordSessions(order=order, read=entries))

    async def hold(self, *accounts):
        wanted = HoldOrder(
            authority="A05", legal_basis="Art. 25", reference="12/CV", review_time=self.bench.clock.now() + SECOND
        )
        placed = await retention.place_hold(self.bench.identity, self.bench.order("", "PlaceHold"), wanted, accounts)
        return placed.hold.hold_id

    async def release(self, hold):
        await retention.release_hold(self.bench.identity, self.bench.order("", "ReleaseHold"), hold, "13/CV")

    def until_over(self):
        """Moves the clock to when the month may go."""
        over = Month(self.month.number + self.kept + 1).start
        self.bench.clock.advance(over - self.bench.clock.now())

    async def read(self, account, limit=100, after=""):
        now = self.bench.clock.now()
        command = ReadSessions(
            order=self.bench.order(),
            account_id=account,
            start_time=now - timedelta(days=3000),
            end_time=now + SECOND,
            basis="request 12",
            after=after,
        )
        return await list_sessions(self.bench.identity, command, limit)

    async def late(self, data):
        figures, _ = await retention.status(self.bench.identity)
        return next((figure.late, figure.held) for figure in figures if figure.rule.data is data)

    async def sweep(self):
        await sweeping.destroy(self.engine, plan(self.bench.identity.policy), self.bench.clock.now())


@pytest.fixture
async def world(bench, engine):
    await bench.identity.platforms.create(bench.order(), "forum", "Forum", bench.clock.now())
    made = World(bench, engine)
    for account in ("an", "binh"):
        await bench.register(account)
        await made.log_in(account)
    return made


async def test_a_held_accounts_entries_outlive_their_month_and_end_with_the_hold(world, engine):
    hold = await world.hold("an")
    world.until_over()
    await world.months.keep()

    (kept,) = (await world.read("an")).entries
    assert (kept.origin, (await world.read("binh")).entries) == (ORIGIN, [])
    assert await world.late(Data.HELD_SESSION) == (0, 1)
    await world.sweep()
    assert len(await rows(engine, "held_sessions")) == 1

    await world.release(hold)
    await world.sweep()

    assert (await world.read("an")).entries == []
    assert await rows(engine, "held_sessions") == []


async def test_what_was_put_aside_and_not_dropped_yet_is_read_once(world):
    await world.log_in("an", times=5)
    await world.hold("an")
    await world.held.put_aside(world.month)
    await world.held.put_aside(world.month)

    whole = (await world.read("an")).entries
    pages, after = [], ""
    while True:
        page = await world.read("an", 2, after)
        pages += page.entries
        if not (after := page.next_after):
            break

    assert (len(whole), pages) == (6, whole)
    assert {entry.origin for entry in whole} == {ORIGIN}


async def test_a_hold_on_an_erased_account_keeps_its_log_under_the_key_of_what_is_kept(world, engine):
    bench = world.bench
    await lifecycle.erase_account(bench.identity, EndAccount(order=bench.order("erase"), account_id="an"))
    purge = Purge(engine, bench.keys, bench.erasures, bench.clock, bench.identity.standings.forget)
    await purge.destroy_key(destruction_job("forum", "an"))
    await world.hold("an")
    world.until_over()
    await world.months.keep()

    assert [entry.origin for entry in (await world.read("an")).entries] == [ORIGIN]


async def test_the_last_look_waits_for_who_is_placing_a_hold(world, engine, eventually):
    placing = await engine.connect()
    await placing.execute(
        text(
            "INSERT INTO identity.holds (platform, hold, authority, legal_basis, reference, review_time, place_actor,"
            " place_time) VALUES ('forum', 'h', 'A05', '', '', now(), '', now())"
        )
    )
    await placing.execute(
        text(
            "INSERT INTO identity.held_accounts (platform, account, hold, place_time) VALUES ('forum', 'an', 'h', now())"
        )
    )
    putting = asyncio.create_task(world.held.put_aside(world.month))

    async def waits():
        async with transaction(engine) as connection:
            found = await connection.scalar(
                text("SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'ShareLock'")
            )
        return found == 1

    await eventually(waits)
    await placing.commit()
    await placing.close()
    await putting

    assert [row.account for row in await rows(engine, "held_sessions")] == ["an"]


async def test_a_month_that_is_there_for_too_long_alarms(world):
    world.until_over()
    assert await world.late(Data.SESSION) == (0, 0)

    world.bench.clock.advance(timedelta(hours=24))

    assert await world.late(Data.SESSION) == (2, 0)
    await world.months.keep()
    assert await world.late(Data.SESSION) == (0, 0)


async def test_an_export_holds_log_ins_of_the_log_and_those_a_hold_keeps(world):
    await world.hold("an")
    world.until_over()
    await world.months.keep()
    await world.log_in("an")

    order = world.bench.order("", "ExportAccount")
    sections = json.loads(as_json(await retention.export_account(world.bench.identity, order, "an")))["sections"]

    for name in ("sessions", "held_sessions"):
        (row,) = sections[name]["rows"]
        assert (row["kind"], row["ip_address"], row["source_port"]) == ("LOG_IN", "203.0.113.7", 50_000)


async def test_an_export_tells_nothing_of_an_authoritys_inquiry(world):
    await world.hold("an")
    await world.read("an")

    order = world.bench.order("", "ExportAccount")
    sections = json.loads(as_json(await retention.export_account(world.bench.identity, order, "an")))["sections"]

    assert [row["tag"] for row in sections["audit"]["rows"]] == ["identity:account:registered"]
