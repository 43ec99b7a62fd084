"""What the statements of the backfill service read of a campaign of tens of thousands, counts left out: those read it all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from backfill_town import NAME, NOW, PLAN, PLATFORM, Town, order, town
from holds import nothing_held
from plans import said, scans, table_of, wrong
from sqlalchemy import text

from xacthuc.backfill.adapters import account_watch, receipt_watch
from xacthuc.backfill.adapters.carrying import Carrying
from xacthuc.backfill.adapters.deciding import Deciding
from xacthuc.backfill.adapters.emptying import empty_some
from xacthuc.backfill.adapters.erasures import Erasures
from xacthuc.backfill.adapters.housekeeping import Housekeeping
from xacthuc.backfill.adapters.reviews import Reviews
from xacthuc.backfill.adapters.sections import sections
from xacthuc.backfill.adapters.settling import Settling
from xacthuc.backfill.adapters.tables import requests, trail
from xacthuc.backfill.domain.actions import Notify, Tell
from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.backfill.domain.receipts import Heard, Word
from xacthuc.backfill.ports.campaigns import NewTarget
from xacthuc.policy import Policy
from xacthuc.sealing import KeyRing, Sealer
from xacthuc.shares.sql_shares import SqlShares
from xacthuc.sql.engine import transaction
from xacthuc.sql.migrations import dsn
from xacthuc.sql.requests import RequestSecrets, SqlRequests

MANY = 10_000
SERIES = f"FROM generate_series(1, {MANY}) AS n, (VALUES ('spring'), ('autumn')) AS c (name)"
LONG_SERIES = SERIES.replace(str(MANY), str(5 * MANY))
"""Of what is asked for by the hundred: PostgreSQL 15 reads a table whole for a fiftieth of it."""
PERSON = "decode(md5(n::text), 'hex')"
NOON = "'2026-12-01 05:00Z'::timestamptz"
FILL = f"""
    INSERT INTO backfill.targets (
        platform, campaign, account, class, spot, person, number, state, wave, step, step_time, due_time, parked,
        state_time, review_time
    ) SELECT 'forum', name, 'a' || n, 'NEEDS_PHONE', n % 10000, {PERSON}, {PERSON},
        CASE WHEN n % 100 < 2 THEN 'OPEN' ELSE 'ASKED' END, 1,
        CASE n % 4000 WHEN 0 THEN 'NOTICE' ELSE 'EVENT' END, {NOON} - interval '9 days',
        CASE WHEN n % 2000 = 0 THEN {NOON} WHEN n % 2 = 0 THEN {NOON} + n * interval '1 minute' END,
        CASE WHEN n % 2000 = 1 THEN 2 WHEN n % 2 = 1 THEN 3 END, {NOON}, CASE n % 2000 WHEN 3 THEN {NOON} END {SERIES};
    INSERT INTO backfill.asks (platform, campaign, wave, account, event_time, notice_time, pay_day, vnd, notice)
    SELECT 'forum', name, 1, 'a' || n, {NOON} - interval '3 days', {NOON}, '2026-12-01', 800, name || n {SERIES};
    INSERT INTO backfill.people (platform, campaign, person, notices, last_time)
    SELECT 'forum', name, {PERSON}, 1, {NOON} - interval '9 days' {LONG_SERIES};
    INSERT INTO backfill.receipts (platform, notice, word, provider, vnd, look_time, create_time)
    SELECT 'forum', name || n, 'FAILED', 'first', 0, {NOON} + n * interval '1 second', {NOON} {SERIES};
    UPDATE backfill.receipts SET look_time = {NOON}, word = 'OUT_OF_USE' WHERE notice IN ('spring7', 'spring9');
    UPDATE backfill.receipts SET create_time = '2020-01-01' WHERE notice = 'autumn5';
    INSERT INTO backfill.requests (platform, method, request_id, fingerprint, create_time)
    SELECT 'forum', 'AddTargets', name || n, '', {NOON} {SERIES};
    INSERT INTO backfill.audit (tag, time, platform, subject, actor, request_id, trace_id, detail)
    SELECT 'identity:share:exported', {NOON}, 'forum', 'a' || n, 'key:1', '', '', '{{}}' {SERIES};
    INSERT INTO backfill.job_attempts (job_id, number, kind, start_time, end_time)
    SELECT n, 1, name, {NOON}, {NOON} {SERIES} WHERE name = 'spring';
    UPDATE backfill.waves SET count_time = {NOON}, canary_left = 1, state = CASE wave WHEN 3 THEN 'CANARY' ELSE 'OPEN' END;
    UPDATE backfill.campaigns SET state = 'RUNNING' WHERE campaign = 'spring';
    ANALYZE;
"""
MOST_IN_VAIN = 10
NOT_READ = ("BEGIN", "COMMIT", "ROLLBACK", "SET", "SELECT pg_", "SELECT count(")


@pytest.fixture
async def filled(engine, migrated_url) -> Town:
    made = town(engine)
    await made.campaign()
    await made.campaign("autumn")
    connection = await asyncpg.connect(dsn(migrated_url))
    try:
        await connection.execute(FILL)
    finally:
        await connection.close()
    return made


async def sending(home: Town) -> None:
    """Decides about those who are due, and writes what came of it as for whom it was sent, refused and told."""
    deciding = Deciding(home.engine, home.clock, count_every=timedelta(days=1), lease=timedelta(minutes=1))
    await deciding.running()
    decided = await deciding.decide(PLATFORM, NAME)
    notices = [errand for errand in decided.errands if isinstance(errand.action, Notify)]
    tells = [errand for errand in decided.errands if isinstance(errand.action, Tell)]
    assert len(notices) > 1
    assert tells
    carrying = Carrying(home.engine, _nobody(), _nobody(), home.numbers, home.clock)
    await carrying._sent(notices[0], "notices/n")
    await carrying._refused(notices[1])
    await carrying._told(tells[0])
    home.clock.advance(timedelta(minutes=2))
    await deciding.decide(PLATFORM, NAME)  # takes up what nobody finished


async def hearing(home: Town) -> None:
    """Hears of accounts and notices, and writes that down."""
    accounts = frozenset((PLATFORM, f"a{n}") for n in range(50))
    told = [receipt_watch.Receipt(PLATFORM, f"new{n}", Heard(Word.SENT, "first", 800)) for n in range(50)]
    async with transaction(home.engine) as connection:
        await account_watch._deal_with(connection, account_watch.Heard(accounts, ()), NOW)
        await receipt_watch._keep(connection, told, NOW)
    reviews = Reviews(home.engine, _nobody(), home.clock)
    for due in (await reviews._due())[:1]:
        await reviews._write(due, review_time=None)
    await Settling(home.engine, home.clock).settle()
    await Erasures(home.engine, _nobody(), nothing_held, home.clock).erase(PLATFORM, "a8")


async def telling(home: Town) -> None:
    """Tells of an account what is held on it."""
    ring = KeyRing(keys={0: bytes(32)}, current=0)
    kept = SqlRequests(requests, RequestSecrets("backfill", Sealer(ring), ring))
    shares = SqlShares(home.engine, sections(home.numbers), kept, trail, policy=Policy.load(), clock=home.clock)
    share = await shares.export(order("ExportShare"), "a9")
    (targets,) = [each for each in share.sections if each.name == "targets"]
    # Nobody opens what stands there for a number; it is told as nothing, and keeps nothing else from being told.
    assert [row["number"] for row in targets.rows] == [None, None]


async def adding(home: Town) -> None:
    """Adds accounts to a campaign that did not begin."""
    some = [NewTarget(account_id=f"b{n}", account_class=AccountClass.NEEDS_PHONE) for n in range(3)]
    assert await home.campaigns.add(order("AddTargets"), "autumn", some, NOW) == len(some)


async def ending(home: Town) -> None:
    """Lets everybody go at the end of the term, then destroys numbers."""
    home.clock.advance(PLAN.end - NOW)
    deciding = Deciding(home.engine, home.clock, count_every=timedelta(days=365), lease=timedelta(minutes=1))
    assert (await deciding.decide(PLATFORM, NAME)).more
    assert await empty_some(home.engine, PLATFORM, NAME, nothing_held)


async def forgetting(home: Town) -> None:
    """Destroys what was to be kept for a time."""
    await Housekeeping(home.engine, home.clock, Policy.load(), nothing_held).forget()


def _nobody() -> Any:
    """Stands for a service that nothing is asked of here: what is said to it is no statement."""
    return None


async def test_no_statement_reads_more_of_a_campaign_than_it_is_asked_for(filled: Town):
    with said(filled.engine) as often:
        for path in (adding, sending, hearing, telling):
            await path(filled)
    with said(filled.engine) as seldom:
        await forgetting(filled)
        await ending(filled)

    # What is said once an hour, or at the end of a term, PostgreSQL plans for its times.
    asked = [("force_custom_plan", often), ("force_generic_plan", often), ("force_custom_plan", seldom)]
    async with filled.engine.connect() as connection:
        await connection.execute(text("SET statement_timeout = 0"))
        found = [
            (table_of(node), node.get("Index Name"), mode, statement)
            for mode, statements in asked
            for statement, parameters in statements
            if not statement.startswith(NOT_READ)
            for node in await scans(connection, statement, parameters, mode)
            if wrong(node) or node.get("Rows Removed by Filter", 0) > MOST_IN_VAIN
        ]

    assert found == []
