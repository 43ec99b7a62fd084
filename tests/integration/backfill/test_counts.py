"""Counting a campaign reads each of its rows once, however new its tables are to PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest
from backfill_town import NAME, PLAN, PLATFORM, Town, town
from plans import nodes, said
from sqlalchemy import text

from xacthuc.backfill.adapters import rows
from xacthuc.backfill.adapters.pools import Pools
from xacthuc.backfill.adapters.progress import progress_of
from xacthuc.backfill.settings import BackfillSettings
from xacthuc.sql.engine import transaction
from xacthuc.sql.migrations import dsn

ACCOUNTS = 500
NEW = f"""
    ALTER TABLE backfill.targets SET (autovacuum_enabled = off);
    ALTER TABLE backfill.asks SET (autovacuum_enabled = off);
    INSERT INTO backfill.targets (platform, campaign, account, class, spot, state, wave, state_time)
    SELECT 'forum', 'spring', 'a' || n, 'NEEDS_PHONE', n % 10000, 'OPEN', 1, now() FROM generate_series(1, {ACCOUNTS}) AS n;
    INSERT INTO backfill.asks (platform, campaign, wave, account, event_time, vnd)
    SELECT 'forum', 'spring', 1, 'a' || n, '2026-11-25 05:00Z', 0 FROM generate_series(1, {ACCOUNTS}) AS n;
"""
"""A campaign that was filled and started before the server came round to look how large it is."""


@pytest.fixture
async def pools(migrated_url) -> AsyncIterator[Pools]:
    made = Pools(BackfillSettings(environment="development", database_url=migrated_url))
    yield made
    await made.close()


@pytest.fixture
async def new(pools: Pools, migrated_url) -> Town:
    made = town(pools.counts)
    await made.campaign()
    connection = await asyncpg.connect(dsn(migrated_url))
    try:
        await connection.execute(NEW)
    finally:
        await connection.close()
    return made


async def test_a_campaign_that_nobody_analysed_is_not_counted_row_by_row(new: Town):
    with said(new.engine) as statements:
        figures = await new.campaigns.figures(PLATFORM, NAME)
        async with transaction(new.engine) as connection:
            row = await rows.read(connection, PLATFORM, NAME)
            progress = await progress_of(connection, rows.kept_of(row), new.clock.now(), count_every=timedelta(0))

    assert figures.waves[0].events == progress[0].ripe == ACCOUNTS
    assert PLAN.ripe_after(1) < timedelta(days=6)
    async with new.engine.connect() as connection:
        await connection.execute(text("SET statement_timeout = 0"))
        loops = [
            (node["Node Type"], statement)
            for mode in ("force_custom_plan", "force_generic_plan")
            for statement, parameters in statements
            if "JOIN" in statement or "EXISTS" in statement
            for node in await nodes(connection, statement, parameters, mode)
            if node["Node Type"] == "Nested Loop" or node["Actual Loops"] > 1
        ]

    assert loops == []
