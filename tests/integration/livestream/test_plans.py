"""What the statements of the livestream service read of a seller who was on air thousands of times."""

from __future__ import annotations

from datetime import UTC, datetime

import asyncpg
import pytest
from holds import nothing_held
from plans import said, scans, table_of, wrong
from sqlalchemy import text

from xacthuc.clock import FixedClock
from xacthuc.livestream.adapters import rows
from xacthuc.livestream.adapters.housekeeping import Housekeeping
from xacthuc.livestream.adapters.sections import SECTIONS
from xacthuc.livestream.adapters.sql_records import SqlRecords
from xacthuc.livestream.adapters.tables import requests, trail
from xacthuc.livestream.ports.records import Place, Wanted
from xacthuc.order import Order
from xacthuc.policy import Policy
from xacthuc.sealing import KeyRing, Sealer
from xacthuc.shares.sql_shares import SqlShares
from xacthuc.sql.engine import transaction
from xacthuc.sql.migrations import dsn
from xacthuc.sql.requests import RequestSecrets, SqlRequests

POLICY = Policy.load()
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SERIES = "FROM generate_series(1, 20000) AS n"
BEGUN = "'2026-11-20'::timestamptz - n % 600 * interval '1 minute'"
FILL = f"""
    INSERT INTO livestream.broadcasters SELECT 'forum', 'a' || n, 0 {SERIES};
    INSERT INTO livestream.broadcasts (
        platform, broadcast, account, state, commerce, decisions, declarations, create_time, end_time
    ) SELECT 'forum', 's' || n, CASE n % 20 WHEN 0 THEN 'a1' ELSE 'a' || n END,
        CASE WHEN n % 1000 = 0 OR n % 20 = 1 THEN 'LIVE' ELSE 'ENDED' END, 'NONE', 1, 1, {BEGUN}, {BEGUN} {SERIES};
    INSERT INTO livestream.decisions
    SELECT 'forum', 's' || n, 1, 'a1', 'AUTHORIZE', 'CONTINUE', 'NONE', 'VERIFIED', '', 'v', NULL, '', {BEGUN} {SERIES};
    INSERT INTO livestream.declarations SELECT 'forum', 's' || n, 1, 'PRICE', '', {BEGUN}, {BEGUN} {SERIES};
    UPDATE livestream.broadcasts SET create_time = '2020-01-01', end_time = '2020-01-02' WHERE broadcast IN ('s3', 's7');
    INSERT INTO livestream.audit (tag, time, platform, subject, actor, request_id, trace_id, detail)
    SELECT 'livestream:broadcast:ended', {BEGUN}, 'forum', 's' || n, 'key:1', '', '', '{{}}' {SERIES};
    ANALYZE;
"""
MOST_IN_VAIN = 10


@pytest.fixture
async def filled(engine, migrated_url):
    connection = await asyncpg.connect(dsn(migrated_url))
    try:
        await connection.execute(FILL)
    finally:
        await connection.close()
    return engine


async def decisions_of_a_seller(engine):
    async with transaction(engine) as connection:
        await rows.lock_live(connection, "forum", "a1")
        await rows.count_on_air(connection, "forum", "a1", "s1000")


async def records_of_a_seller(engine):
    behind = Place("s5", 1)
    await SqlRecords(engine).page(Wanted(platform="forum", account_id="a1", behind=behind, most=20))


async def told(engine):
    """A seller's share."""
    ring = KeyRing(keys={0: bytes(32)}, current=0)
    kept = SqlRequests(requests, RequestSecrets("livestream", Sealer(ring), ring))
    shares = SqlShares(engine, SECTIONS, kept, trail, policy=POLICY, clock=FixedClock(NOW))
    order = Order(platform="forum", method="ExportShare", request_id="1", payload="", actor="key:1", trace_id="")
    await shares.export(order, "a7")


async def forget(engine):
    await Housekeeping(engine, FixedClock(NOW), POLICY, nothing_held).forget()


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        (decisions_of_a_seller, "force_custom_plan"),
        (decisions_of_a_seller, "force_generic_plan"),
        (records_of_a_seller, "force_custom_plan"),
        (told, "force_custom_plan"),
        (told, "force_generic_plan"),
        # Said once an hour, so that PostgreSQL plans it for its times.
        (forget, "force_custom_plan"),
    ],
)
async def test_no_statement_reads_more_of_the_broadcasts_than_it_is_asked_for(filled, path, mode):
    with said(filled) as statements:
        await path(filled)

    async with filled.connect() as connection:
        await connection.execute(text("SET statement_timeout = 0"))
        found = [
            (table_of(node), node.get("Index Name"), statement)
            for statement, parameters in statements
            if any(table in statement for table in ("livestream.broadcasts", "livestream.de", "livestream.audit"))
            for node in await scans(connection, statement, parameters, mode)
            if wrong(node) or node.get("Rows Removed by Filter", 0) > MOST_IN_VAIN
        ]

    assert found == []
