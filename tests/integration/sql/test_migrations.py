"""Migrations bring any database to what the code expects, once, however many ask."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from xacthuc.backfill import migrate as backfill
from xacthuc.backfill.adapters import tables as backfill_tables
from xacthuc.guardian import migrate as guardian
from xacthuc.guardian.adapters import tables as guardian_tables
from xacthuc.identity import migrate
from xacthuc.identity.adapters import key_tables, schema
from xacthuc.livestream import migrate as livestream
from xacthuc.livestream.adapters import tables as livestream_tables

PARTITION = re.compile(r"_\d+$")
SCHEMAS = pytest.mark.parametrize(
    "migrations",
    [migrate.MIGRATIONS, migrate.KEY_MIGRATIONS, guardian.MIGRATIONS, livestream.MIGRATIONS, backfill.MIGRATIONS],
    ids=lambda of: of.schema,
)


def test_a_new_database_is_migrated_and_then_left_alone(database_url):
    assert migrate.main(database_url)
    assert not migrate.main(database_url)


@SCHEMAS
def test_several_at_once_do_it_once(database_url, migrations):
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(migrations.upgrade, [database_url] * 4))

    assert done.count(True) == 1


def test_keys_can_have_a_database_of_their_own(database_url, postgres_server, sql):
    sql("CREATE DATABASE account_keys")
    try:
        assert migrate.main(database_url, postgres_server.database_url("account_keys"))
        assert not migrate.main(database_url, postgres_server.database_url("account_keys"))
        assert migrate.KEY_MIGRATIONS.upgrade(database_url)
    finally:
        sql("DROP DATABASE account_keys WITH (FORCE)")


@SCHEMAS
def test_the_newest_file_is_alembics_head(migrations):
    config = Config()
    config.set_main_option("script_location", str(migrations.directory))

    assert [migrations.head()] == ScriptDirectory.from_config(config).get_heads()


@pytest.mark.parametrize(
    "of", [schema, key_tables, guardian_tables, livestream_tables, backfill_tables], ids=lambda of: of.SCHEMA
)
async def test_the_migrations_make_what_the_tables_say(engine, of):
    def difference(connection):
        options = {
            "include_schemas": True,
            "include_name": lambda name, kind, _: kind != "schema" or name == of.SCHEMA,
            "include_object": lambda _, name, kind, *__: kind != "table" or not PARTITION.search(name),
            "version_table_schema": of.SCHEMA,
            "compare_type": True,
        }
        context = MigrationContext.configure(connection, opts=options)
        return compare_metadata(context, of.metadata)

    async with engine.connect() as connection:
        assert await connection.run_sync(difference) == []


def test_an_up_to_date_database_is_recognised_without_importing_alembic(migrated_url):
    program = (
        "import sys; from xacthuc.identity import migrate; migrate.main(sys.argv[1]); "
        "sys.exit(bool({'alembic', 'sqlalchemy'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", program, migrated_url], check=False).returncode == 0


async def test_migrations_run_beside_a_running_loop(database_url):
    assert await asyncio.to_thread(migrate.main, database_url)
