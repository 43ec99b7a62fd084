"""What the statements of the guardian service read, with tens of thousands of rows in every table that grows."""

from __future__ import annotations

import asyncpg
import pytest
from guardian_families import families
from holds import nothing_held
from plans import said, scans, table_of, wrong
from sqlalchemy import text

from xacthuc.guardian.adapters.account_watch import concerned
from xacthuc.guardian.adapters.doubts import open_doubts
from xacthuc.guardian.adapters.erasures import erase, let_go
from xacthuc.guardian.adapters.holders import Doubt, Happened
from xacthuc.guardian.adapters.housekeeping import Housekeeping
from xacthuc.guardian.adapters.link_rows import active_of
from xacthuc.guardian.adapters.sections import SECTIONS
from xacthuc.guardian.adapters.tables import trail
from xacthuc.guardian.domain.activity import Activity, ActivityKind
from xacthuc.guardian.domain.disputes import DisputeCause
from xacthuc.guardian.domain.supervision import Change
from xacthuc.guardian.usecases.disputes import list_disputes, list_histories, resolve_dispute
from xacthuc.guardian.usecases.supervision import record_activity, update_supervision
from xacthuc.shares.sql_shares import SqlShares
from xacthuc.sql.engine import transaction
from xacthuc.sql.migrations import dsn

PLATFORM = "forum"
MANY = 20_000
SERIES = f"FROM generate_series(1, {MANY}) AS n"
OVER = "CASE WHEN n % 100 = 0 THEN 'ENDED' ELSE 'ACTIVE' END"
SETTLED = "CASE WHEN n % 100 = 0 THEN 'OPEN' ELSE 'ALLOWED' END"
RECENT = "'2026-11-20'::timestamptz + n % 600 * interval '1 minute'"
FILL = f"""
    INSERT INTO guardian.children SELECT 'forum', 'c' || n, 1, false, '{{}}', 0, 0, {RECENT}, {RECENT} {SERIES};
    INSERT INTO guardian.links (
        platform, link, child, guardian, invited_account, relation, state, expire_time, create_time, update_time
    ) SELECT 'forum', 'l' || n, 'c' || n, 'g' || n, 'g' || n, 'MOTHER', {OVER}, {RECENT}, {RECENT}, {RECENT} {SERIES};
    INSERT INTO guardian.link_changes SELECT 'forum', 'l' || n, 0, {OVER}, 'key:1', {RECENT} {SERIES};
    INSERT INTO guardian.disputes (platform, dispute, link, child, cause, state, basis, create_time)
    SELECT 'forum', 'd' || n, 'l' || n, 'c' || n, 'CONTESTED', {SETTLED}, '', {RECENT} {SERIES};
    INSERT INTO guardian.activities (platform, child, kind, content_id, occur_time)
    SELECT 'forum', 'c' || n % 1000, 'POST', 'p' || n, {RECENT} {SERIES};
    INSERT INTO guardian.child_assents (platform, child, feature, update_time)
    SELECT 'forum', 'c' || n, 'map', {RECENT} {SERIES};
    INSERT INTO guardian.child_devices SELECT 'forum', 'c' || n, 'd', {RECENT} {SERIES};
    INSERT INTO guardian.requests (platform, method, request_id, fingerprint, create_time, account)
    SELECT 'forum', 'RequestLink', 'r' || n, '', {RECENT}, 'c' || n {SERIES};
    INSERT INTO guardian.outbox (platform, subject, kind, time, detail, position)
    SELECT 'forum', 'c' || n, 'LINK_ACTIVE', {RECENT}, '{{}}', n {SERIES};
    INSERT INTO guardian.audit (tag, time, platform, subject, actor, request_id, trace_id, detail)
    SELECT 'guardian:link:invited', {RECENT}, 'forum', 'c' || n, 'key:1', '', '', '{{}}' {SERIES};
    INSERT INTO guardian.job_attempts (job_id, number, kind, start_time, end_time)
    SELECT n, 1, 'LOOK', {RECENT}, {RECENT} {SERIES};
    ANALYZE;
"""


@pytest.fixture
async def family(engine, migrated_url):
    connection = await asyncpg.connect(dsn(migrated_url))
    await connection.execute(FILL)
    await connection.close()
    return families(engine)


async def hot_paths(family):
    guardian, now = family.guardian, family.clock.now()
    told = [Activity(ActivityKind.POST, f"new{each}", now) for each in range(3)]
    await record_activity(guardian, family.order("RecordActivity"), "c7", told)
    await update_supervision(guardian, family.order("UpdateSupervision"), "l7", Change(suspended=True))
    await guardian.activities.page(PLATFORM, "c7", since=now.replace(year=2025), after="1700000000000000_5", limit=10)
    await guardian.assents.page(PLATFORM, "c7", "", 10)
    await list_disputes(guardian, PLATFORM, 900_000, 10, resolved=False)
    await list_disputes(guardian, PLATFORM, 900_000, 10, resolved=True)
    await list_histories(guardian, PLATFORM, "c7", 900_000, 10)
    await resolve_dispute(guardian, family.order("ResolveDispute"), "d100", "letter 3", allowed=False)
    happened = [Happened(PLATFORM, f"{who}{n}", erases=None, keep_until="") for who in "cg" for n in range(50)]
    doubts = [
        Doubt(cause, "events/1", now) for cause in (DisputeCause.NUMBER_RECYCLED, DisputeCause.BIRTH_DATE_CORRECTED)
    ]
    async with transaction(family.engine) as connection:
        await concerned(connection, happened)
        await open_doubts(connection, [happened[9]._replace(doubt=doubt) for doubt in doubts], now)
        await active_of(connection, PLATFORM, "c7")
        for who in ("c8", "g8"):
            await let_go(connection, PLATFORM, who, now)
            await erase(connection, PLATFORM, who)


async def told(family):
    """A child's share and a guardian's, with the entries of the record by their subject."""
    policy = family.guardian.policy
    shares = SqlShares(family.engine, SECTIONS, family.requests, trail, policy=policy, clock=family.clock)
    for who in ("c7", "g7"):
        await shares.export(family.order("ExportShare", who), who)


async def forget(family):
    await Housekeeping(family.engine, family.clock, family.guardian.policy, nothing_held).forget()


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        (hot_paths, "force_custom_plan"),
        (hot_paths, "force_generic_plan"),
        (told, "force_custom_plan"),
        (told, "force_generic_plan"),
        # Said once an hour, so that PostgreSQL plans it for its times.
        (forget, "force_custom_plan"),
    ],
)
async def test_no_statement_reads_more_than_it_is_asked_for(family, path, mode):
    with said(family.engine) as statements:
        await path(family)

    async with family.engine.connect() as connection:
        await connection.execute(text("SET statement_timeout = 0"))
        found = [
            (table_of(node), statement)
            for statement, parameters in statements
            if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "SET", "SELECT pg_"))
            for node in await scans(connection, statement, parameters, mode)
            if wrong(node)
        ]

    assert found == []
