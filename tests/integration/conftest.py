"""A migrated database per test, for whatever keeps things in PostgreSQL."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from xacthuc.sql.engine import make_engine
from xacthuc.up import migrate


@pytest.fixture(scope="session")
def template(postgres_server, sql):
    """A migrated database to be copied, which is faster than migrating anew."""
    sql("CREATE DATABASE sql_template")
    migrate.main(postgres_server.database_url("sql_template"))
    return "sql_template"


@pytest.fixture
def migrated_url(postgres_server, sql, template):
    name = f"t_{uuid.uuid4().hex}"
    # By file, a third of the time that PostgreSQL's own way takes: nothing here has to survive a crash of the machine.
    sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield postgres_server.database_url(name)
    sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def engine(migrated_url):
    made = make_engine(
        migrated_url,
        application_name="test",
        pool_size=20,
        wait=timedelta(seconds=5),
        statement_timeout=timedelta(seconds=5),
    )
    yield made
    await made.dispose()
