"""The session log: kept by months, sealed, found by account and time, and destroyed when its time is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from lock_world import rows
from plans import said
from sqlalchemy import text

from xacthuc.audit.tags import Tag
from xacthuc.grpckit.errors import RequestIdReused
from xacthuc.identity.adapters.account_keys import NoKey
from xacthuc.identity.adapters.sessions.held import HeldSessions
from xacthuc.identity.adapters.sessions.keys import SessionKeys, name_of
from xacthuc.identity.adapters.sessions.months import SessionMonths
from xacthuc.identity.commands import ReadSessions, RecordSessions
from xacthuc.identity.domain.sessions import Entry, EntryKind, Month, oldest_kept, sift
from xacthuc.identity.usecases.sessions import list_sessions, record_sessions
from xacthuc.policy.dates import local_date
from xacthuc.sql.engine import transaction

ORIGIN = bytes([203, 0, 113, 7]) + (50_000).to_bytes(2, "big")
DAY = timedelta(days=1)


class Log:
    """The log as a platform writes it and an officer reads it."""

    def __init__(self, bench, engine):
        self.bench, self.engine = bench, engine

    def entry(self, account="a", ago=timedelta(0), kind=EntryKind.LOG_IN, origin=ORIGIN, content=""):
        us = round((self.bench.clock.now() - ago).timestamp() * 1_000_000)
        return Entry(account, kind, us, origin, content)

    async def record(self, *entries, order=None):
        order = order or self.bench.order(repr(entries), "RecordSessions")
        return await record_sessions(self.bench.identity, RecordSessions(order=order, read=entries))

    async def read(self, account="a", span=timedelta(days=800), after="", limit=100):
        now = self.bench.clock.now()
        command = ReadSessions(
            order=self.bench.order(),
            account_id=account,
            start_time=now - span,
            end_time=now + DAY,
            basis="request 12",
            after=after,
        )
        return await list_sessions(self.bench.identity, command, limit)

    def months(self):
        keys = SessionKeys(self.bench.keys)
        held = HeldSessions(self.engine, self.bench.keys, keys)
        kept = self.bench.identity.policy.retention.session_log_months
        return SessionMonths(self.engine, keys, held, self.bench.clock, kept)


@pytest.fixture
def log(bench, engine):
    return Log(bench, engine)


@pytest.mark.rule("R48")
async def test_what_was_logged_is_read_back_by_account_and_time_and_the_reading_is_on_record(log, engine):
    earlier, now = log.entry(ago=timedelta(days=40)), log.entry()
    posted = log.entry("b", kind=EntryKind.POST, origin=b"", content="post-1")
    await log.record(now, posted, earlier)

    assert (await log.read()).entries == [earlier, now]
    assert (await log.read(span=DAY)).entries == [now]
    assert (await log.read("b")).entries == [posted]
    read = [row for row in await rows(engine, "audit") if row.tag == Tag.SESSIONS_READ]
    assert [(row.subject, row.detail["basis"]) for row in read] == [
        ("a", "request 12"),
        ("a", "request 12"),
        ("b", "request 12"),
    ]


@pytest.mark.rule("R48")
async def test_no_address_is_readable_in_the_table(log, engine):
    await log.record(log.entry())

    (row,) = await rows(engine, "session_log")

    assert ORIGIN[:4] not in bytes(row.origin)
    assert b"203.0.113.7" not in bytes(row.origin)


async def test_pages_follow_each_other_also_where_times_are_equal(log):
    entries = [log.entry(origin=ORIGIN[:-1] + bytes([place])) for place in range(5)]
    await log.record(*entries)

    first = await log.read(limit=2)
    second = await log.read(limit=2, after=first.next_after)
    last = await log.read(limit=2, after=second.next_after)

    assert [*first.entries, *second.entries, *last.entries] == entries
    assert last.next_after == ""


@pytest.mark.rule("R48")
async def test_a_repeated_batch_is_recorded_once_and_answered_alike(log, engine):
    order = log.bench.order("batch", "RecordSessions")
    late = log.entry(ago=timedelta(days=900))

    first = await log.record(log.entry(), late, order=order)
    again = await log.record(log.entry(), late, order=order)

    assert (first.count, [(one.index, one.faults[0].reason) for one in first.rejected]) == (1, [(1, "NOT_KEPT")])
    assert again == first
    assert len(await rows(engine, "session_log")) == 1
    other = log.bench.order("another", "RecordSessions", request_id=order.request_id)
    with pytest.raises(RequestIdReused):
        await log.record(log.entry("b"), order=other)


@pytest.mark.rule("R49")
async def test_a_month_is_destroyed_with_its_keys_once_its_last_day_is_as_old_as_the_policy_says(log, engine):
    months, bench = log.months(), log.bench
    await bench.identity.platforms.create(bench.order(), "forum", "Forum", bench.clock.now())
    await log.record(log.entry())
    now, kept = log.bench.clock.now(), log.bench.identity.policy.retention.session_log_months
    month = Month.of(local_date(now))
    last = Month(month.number + kept + 1).start

    log.bench.clock.advance(last - now - timedelta(seconds=1))
    await months.keep()
    assert len((await log.read()).entries) == 1

    log.bench.clock.advance(timedelta(seconds=1))
    await months.keep()

    assert (await log.read(span=timedelta(days=3000))).entries == []
    day = local_date(now).isoformat()
    assert await log.bench.keys.get("forum", f"{day}:sessions") is NoKey.DESTROYED
    destroyed = [row for row in await rows(engine, "audit") if row.tag == Tag.SESSION_MONTH_DESTROYED]
    assert [row.subject for row in destroyed] == [month.first.isoformat()]
    assert (await log.record(log.entry(ago=log.bench.clock.now() - now))).rejected[0].faults[0].reason == "NOT_KEPT"


@pytest.mark.rule("R49")
async def test_of_a_day_whose_key_is_destroyed_no_row_is_kept_and_each_is_told(log):
    gone = local_date(log.bench.clock.now() - 3 * DAY)
    await log.bench.keys.destroy("forum", name_of(gone), log.bench.clock.now())
    late, lost, kept = log.entry(ago=900 * DAY), log.entry(ago=3 * DAY), log.entry()

    answer = await log.record(lost, late, kept, lost)

    assert answer.count == 1
    assert [(one.index, one.faults[0].reason) for one in answer.rejected] == [
        (place, "NOT_KEPT") for place in (0, 1, 3)
    ]
    assert (await log.read()).entries == [kept]


async def test_a_batch_over_midnight_has_both_its_keys_also_when_no_more_fit_in_memory(bench):
    keys, today = SessionKeys(bench.keys), local_date(bench.clock.now())
    await keys.sealing("forum", [today - each * DAY for each in range(4096)], bench.clock.now())

    ciphers = await keys.sealing("forum", {today, today + DAY}, bench.clock.now())

    assert ciphers.keys() == {today, today + DAY}


@pytest.mark.rule("R48")
async def test_one_account_and_time_is_looked_up_in_one_partition_by_its_key(log, engine):
    await log.record(log.entry(), log.entry(ago=timedelta(days=40)), log.entry(ago=timedelta(days=80)))
    with said(engine) as statements:
        await log.read(span=DAY)
    found = next((statement, values) for statement, values in statements if "FROM identity.session_log" in statement)

    async with transaction(engine) as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = (await connection.exec_driver_sql(f"EXPLAIN {found[0]}", found[1])).scalars().all()

    told = "\n".join(plan)
    assert told.count("session_log_") == told.count("session_log_202611") > 0
    assert "Index" in told


@pytest.mark.rule("R48")
@pytest.mark.parametrize(("ahead", "reason"), [(timedelta(seconds=59), None), (timedelta(seconds=61), "IN_FUTURE")])
def test_what_is_of_the_future_is_not_kept(ahead, reason):
    now = datetime(2026, 11, 28, tzinfo=UTC)
    entry = Entry("a", EntryKind.LOG_IN, round((now + ahead).timestamp() * 1_000_000), ORIGIN, "")

    assert [one.faults[0].reason for one in sift([entry], now, 24).rejected] == ([reason] if reason else [])


@pytest.mark.rule("R49")
def test_a_month_is_kept_until_its_last_day_is_old_enough():
    end_of_november = datetime(2026, 11, 30, 16, 59, 59, tzinfo=UTC)

    assert oldest_kept(end_of_november, 24).first.isoformat() == "2024-11-01"
    assert oldest_kept(end_of_november + timedelta(seconds=1), 24).first.isoformat() == "2024-12-01"
