"""The backup that docs/operations.md describes: two files, restored elsewhere, and everything is there and readable."""

from __future__ import annotations

import asyncio
import subprocess
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from identity_process import identity_process
from identity_service import api, platform

from xacthuc.api.identity.v1 import audit_admin_pb2
from xacthuc.audit.outside import read_all
from xacthuc.cli.trail import verified
from xacthuc.embedded.postgres import installation
from xacthuc.identity import migrate

__all__ = ["api", "platform"]

pytestmark = pytest.mark.engine

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "operations.md").read_text("utf-8")


@pytest.fixture
def deployment(database_url, valkey_url, tmp_path):
    directory = tmp_path / "identity"
    directory.mkdir()
    with identity_process(directory, database_url, valkey_url) as made:
        made.start()
        yield made


@pytest.fixture
def empty_database(postgres_server, sql):
    name = f"r_{uuid.uuid4().hex}"
    sql(f"CREATE DATABASE {name}")
    yield postgres_server.database_url(name)
    sql(f"DROP DATABASE {name} WITH (FORCE)")


def engine_program(postgres_server, url, words):
    """Runs a program of PostgreSQL with the options of the page, on a database of the test's."""
    program, *options = words
    database = url.partition("@/")[2].partition("?")[0]
    place = ["-h", str(postgres_server.socket_directory), "-U", "xacthuc", "-d", database]
    ran = subprocess.run(
        [installation() / "bin" / program, *place, *options], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


async def trail_of(api):
    return [part async for part in api.audit.ExportTrail(audit_admin_pb2.ExportTrailRequest())]


async def test_what_was_backed_up_is_there_and_readable_after_a_restore(
    api, platform, deployment, postgres_server, postgres_binaries, empty_database, database_url, tmp_path, eventually
):
    if postgres_binaries is not None:
        pytest.skip("the bundled pg_restore is one of PostgreSQL 18, and sets what 15 does not know")
    await platform.register("lan")
    before = await platform.get("lan")

    async def sealed():
        return (await trail_of(api))[-1].end.waiting_count == 0 and read_all(deployment.checkpoints)

    await eventually(sealed, within=timedelta(seconds=20))
    assert deployment.stop() == 0
    accounts, keys = str(tmp_path / "accounts.dump"), str(tmp_path / "keys.dump")
    engine_program(postgres_server, database_url, ["pg_dump", "-Fc", "-n", "identity", "-f", accounts])
    engine_program(postgres_server, database_url, ["pg_dump", "-Fc", "-n", "identity_keys", "-f", keys])
    for file in (keys, accounts):
        engine_program(postgres_server, empty_database, ["pg_restore", "--exit-on-error", "--no-owner", file])
    assert not await asyncio.to_thread(migrate.main, empty_database)
    deployment.environment["XACTHUC_DATABASE_URL"] = empty_database
    deployment.start()

    await platform.until_known()
    assert await platform.get("lan") == before
    report = verified(await trail_of(api), read_all(deployment.checkpoints), None, lambda _report: None)
    assert report.is_intact, report.findings
    assert report.confirmed


def test_the_options_are_those_of_the_page():
    assert "pg_dump -Fc -f accounts.dump -n identity " in PAGE
    assert "pg_dump -Fc -f keys.dump -n identity_keys" in PAGE
    assert PAGE.count("pg_restore --exit-on-error --no-owner -d") == 2
