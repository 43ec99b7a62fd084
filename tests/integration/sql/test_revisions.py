"""What each revision may do: nothing that code before it trips over, and no long lock that it does not tell of."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from schema_changes import breaks, held, snapshot
from schema_revisions import migrate_to, revisions

from xacthuc.identity import migrate
from xacthuc.sql.errors import DatabaseBusy
from xacthuc.sql.migrations import Migrations, dsn

BREAKING = {
    "DROP TABLE identity.proofs": "proofs: is gone",
    "ALTER TABLE identity.proofs RENAME TO used_proofs": "proofs: is gone",
    "ALTER TABLE identity.requests DROP COLUMN answer": "requests.answer: is gone",
    "ALTER TABLE identity.requests RENAME COLUMN answer TO reply": "requests.answer: is gone",
    "ALTER TABLE identity.accounts ADD region text NOT NULL": (
        "accounts.region: is new, required and without a default"
    ),
    "ALTER TABLE identity.requests ALTER answer SET NOT NULL": "requests.answer: is required now",
    "ALTER TABLE identity.accounts ALTER kind DROP DEFAULT": "accounts.kind: lost its default",
    "ALTER TABLE identity.outbox ALTER position TYPE integer": "outbox.position: was bigint and is integer",
    "ALTER TABLE identity.proofs ALTER account TYPE varchar(8)": (
        "proofs.account: was text and is character varying(8)"
    ),
    "CREATE UNIQUE INDEX ON identity.proofs (account)": "proofs: has a new unique key (account)",
    "ALTER TABLE identity.proofs ADD CHECK (account <> '')": "proofs: has a new rule, CHECK ((account <> ''::text))",
}
HARMLESS = {
    "CREATE TABLE identity.notes (note text NOT NULL)",
    "ALTER TABLE identity.proofs ADD note text",
    "ALTER TABLE identity.proofs ADD note text NOT NULL DEFAULT ''",
    "ALTER TABLE identity.requests ALTER fingerprint DROP NOT NULL",
    "ALTER TABLE identity.platform_keys ALTER version TYPE bigint",
    "CREATE UNIQUE INDEX ON identity.proofs (proof_id, account)",
    # Copied into another shape: the same table to a statement.
    """
    ALTER TABLE identity.proofs RENAME TO proofs_whole;
    CREATE TABLE identity.proofs (LIKE identity.proofs_whole INCLUDING ALL) PARTITION BY HASH (proof_id);
    DROP TABLE identity.proofs_whole
    """,
}


@pytest.fixture(scope="module")
def newest_url(postgres_server, sql, template):
    sql(f"CREATE DATABASE newest TEMPLATE {template}")
    yield postgres_server.database_url("newest")
    sql("DROP DATABASE newest WITH (FORCE)")


@pytest.fixture
async def newest(newest_url):
    """A connection in a transaction that comes to nothing: each test changes the newest schema as it likes."""
    connection = await asyncpg.connect(dsn(newest_url))
    await connection.execute("BEGIN")
    yield connection
    await connection.close()


@pytest.fixture
async def empty(database_url):
    """A connection to a database that nothing was made in yet."""
    connection = await asyncpg.connect(dsn(database_url))
    yield connection
    await connection.close()


async def test_no_revision_breaks_the_code_before_it_or_holds_a_table_without_saying_so(database_url, empty):
    await migrate_to(database_url, "0001")
    before = await snapshot(empty)
    for script in revisions()[1:]:
        await migrate_to(database_url, script.revision)
        after = await snapshot(empty)

        assert breaks(before, after) == [], script.path
        assert held(before, after) == set(getattr(script.module, "HELD", ())), script.path
        before = after


@pytest.mark.parametrize("statement", BREAKING)
async def test_what_breaks_older_code_is_found(newest, statement):
    before = await snapshot(newest)
    await newest.execute(statement)

    assert BREAKING[statement] in breaks(before, await snapshot(newest))


@pytest.mark.parametrize("statement", sorted(HARMLESS))
async def test_what_older_code_does_not_notice_is_let_through(newest, statement):
    before = await snapshot(newest)
    await newest.execute(statement)

    assert breaks(before, await snapshot(newest)) == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE identity.platform_keys ALTER version TYPE bigint",
        "CREATE INDEX ON identity.platform_keys (state)",
        """
        CREATE TABLE identity.copied (LIKE identity.platform_keys);
        DROP TABLE identity.platform_keys;
        ALTER TABLE identity.copied RENAME TO platform_keys
        """,
    ],
)
async def test_a_table_that_is_copied_or_indexed_is_found_to_be_held(newest, statement):
    before = await snapshot(newest)
    await newest.execute(statement)

    assert held(before, await snapshot(newest)) == {"platform_keys"}


async def test_a_table_that_stays_in_use_is_not_waited_for_by_everybody(database_url, empty):
    """Who wants a table queues behind who waits for it: a backup would let a migration stop every call."""
    await migrate_to(database_url, "0001")
    impatient = replace(migrate.MIGRATIONS, lock_wait=timedelta(milliseconds=100))
    async with empty.transaction():
        await empty.execute("LOCK TABLE identity.evidence IN ACCESS SHARE MODE")

        with pytest.raises(DatabaseBusy, match="in use"):
            await asyncio.to_thread(impatient.upgrade, database_url)
        assert await empty.fetchval("SELECT version_num FROM identity.alembic_version") == "0001"

    assert await asyncio.to_thread(impatient.upgrade, database_url)


async def test_older_code_leaves_a_newer_schema_alone(migrated_url, tmp_path):
    """A deployment that is rolled back runs its own migrations again, on a schema they know nothing of."""
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "0001_foundation.py").touch()

    assert not await asyncio.to_thread(Migrations("identity", tmp_path).upgrade, migrated_url)
