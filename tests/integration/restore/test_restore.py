"""The backup that docs/operations.md describes: two files, restored elsewhere, and everything is there and readable."""

from __future__ import annotations

import asyncio
import subprocess
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from backfill_process import backfill_process
from backfill_service import Desk, admin_of, target
from guardian_home import Home
from guardian_process import guardian_process
from identity_process import identity_process
from identity_service import api, platform
from livestream_process import livestream_process
from livestream_service import Studio, channel_to

from xacthuc.api.guardian.v1 import service_pb2 as guardian_pb2
from xacthuc.api.identity.v1 import audit_admin_pb2, audit_admin_pb2_grpc, resources_pb2
from xacthuc.audit.outside import read_all
from xacthuc.backfill import migrate as backfill_migrate
from xacthuc.cli.trail import verified
from xacthuc.embedded.postgres import installation
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.guardian import migrate as guardian_migrate
from xacthuc.identity import migrate as identity_migrate
from xacthuc.livestream import migrate as livestream_migrate

__all__ = ["api", "platform"]

pytestmark = pytest.mark.engine

SCHEMAS = ("identity", "guardian", "livestream", "backfill")
CHILD = (datetime.now(UTC).year - 12, 1, 1)
NUMBER = "+84912345678"
PAGE = (Path(__file__).resolve().parents[3] / "docs" / "operations.md").read_text("utf-8")


@pytest.fixture
def services(database_url, valkey_url, tmp_path):
    """One process of each service that keeps something in PostgreSQL, identity first."""
    directory = tmp_path / "all"
    directory.mkdir()
    with (
        identity_process(directory, database_url, valkey_url) as identity,
        guardian_process(directory, identity) as guardian,
        livestream_process(directory, identity) as livestream,
        backfill_process(directory, identity) as backfill,
    ):
        made = (identity, guardian, livestream, backfill)
        for service in made:
            service.start()
        yield made


@pytest.fixture
def deployment(services):
    return services[0]


@pytest.fixture
async def home(api, services):
    made = await Home.create(api, services[1])
    yield made
    await made.close()


@pytest.fixture
async def studio(api, services):
    async with channel_to(services[2]) as channel:
        yield await Studio.create(api, channel)


@pytest.fixture
async def desk(services, platform):
    async with admin_of(services[3]) as admin:
        yield Desk(admin, platform.name)


@pytest.fixture
async def trails(services):
    """Each service's trail, and where its signed checkpoints are."""
    async with AsyncExitStack() as open_channels:
        found = {}
        for service in services:
            name = getattr(service, "name", "identity")
            credentials = TlsFiles(services[0].tls, "cli").channel_credentials()
            options = [("grpc.ssl_target_name_override", name)]
            channel = grpc.aio.secure_channel(service.internal, credentials, options=options)
            await open_channels.enter_async_context(channel)
            directory = Path(service.environment["XACTHUC_AUDIT_CHECKPOINTS_DIRECTORY"])
            found[name] = Trail(audit_admin_pb2_grpc.AuditAdminStub(channel), directory)
        yield found


@dataclass(frozen=True)
class Trail:
    admin: Any
    checkpoints: Path

    async def read(self):
        request = audit_admin_pb2.ExportTrailRequest()
        return [part async for part in self.admin.ExportTrail(request, wait_for_ready=True)]

    async def is_sealed(self):
        return (await self.read())[-1].end.waiting_count == 0 and read_all(self.checkpoints)


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


@pytest.fixture
def backup(services, postgres_server, postgres_binaries, empty_database, database_url, tmp_path):
    """Stops every service, makes the two files, restores them into an empty database, and starts every service on it."""
    if postgres_binaries is not None:
        pytest.skip("the bundled pg_restore is one of PostgreSQL 18, and sets what 15 does not know")

    def away_and_back():
        for service in reversed(services):
            assert service.stop() == 0
        accounts, keys = str(tmp_path / "accounts.dump"), str(tmp_path / "keys.dump")
        schemas = [word for name in SCHEMAS for word in ("-n", name)]
        engine_program(postgres_server, database_url, ["pg_dump", "-Fc", *schemas, "-f", accounts])
        engine_program(postgres_server, database_url, ["pg_dump", "-Fc", "-n", "identity_keys", "-f", keys])
        for file in (keys, accounts):
            engine_program(postgres_server, empty_database, ["pg_restore", "--exit-on-error", "--no-owner", file])
        for migrate in (identity_migrate, guardian_migrate, livestream_migrate, backfill_migrate):
            assert not migrate.main(empty_database)
        for service in services:
            service.environment["XACTHUC_DATABASE_URL"] = empty_database
            service.start()

    return away_and_back


@pytest.mark.timeout(300)
async def test_what_was_backed_up_is_there_and_readable_after_a_restore(
    platform, home, studio, desk, trails, services, backup, eventually
):
    await platform.register("lan")
    await home.accounts.register("be", CHILD)
    link = await home.invite("be", NUMBER)
    await home.insist("ConfirmLink", home.confirmation(link, NUMBER))
    await studio.seller("shop")
    await studio.authorize("shop", "show", commercial=True)
    await desk.create()
    await desk.add(target("lan"), target("nam"))

    async def known():
        return (
            await platform.get("lan"),
            await home.accounts.get("be"),
            await home.insist("GetLink", guardian_pb2.GetLinkRequest(name=link.name)),
            await studio.get("show"),
            await desk.standings(),
        )

    async def supervised():
        return (await home.accounts.get("be")).state == resources_pb2.Account.VERIFIED

    await eventually(supervised, within=timedelta(seconds=60))
    for trail in trails.values():
        await eventually(trail.is_sealed, within=timedelta(seconds=60))
    before = await known()
    await asyncio.to_thread(backup)
    await platform.until_known()
    await studio.until_known()

    assert await known() == before
    for name, trail in trails.items():
        report = verified(await trail.read(), read_all(trail.checkpoints), None, lambda _report: None)
        assert report.is_intact, (name, report.findings)
        assert report.confirmed, name

    # And each goes on: what it writes now follows what was there.
    await home.insist("RevokeLink", guardian_pb2.RevokeLinkRequest(name=link.name, request_id=str(uuid.uuid4())))
    await studio.authorize("shop", "another-show")
    await desk.add(target("hoa"))
    assert (await desk.standings())["OPEN"] == 3

    async def told():
        return (await home.accounts.get("be")).state == resources_pb2.Account.PENDING_GUARDIAN

    await eventually(told, within=timedelta(seconds=60))


def test_the_options_are_those_of_the_page():
    schemas = " ".join(f"-n {name}" for name in SCHEMAS)
    assert f"pg_dump -Fc -f accounts.dump {schemas} " in PAGE
    assert "pg_dump -Fc -f keys.dump -n identity_keys" in PAGE
    assert PAGE.count("pg_restore --exit-on-error --no-owner -d") == 2
