"""The backup and the restore of docs/operations.md, by the commands of that page in its order: everything is there and readable."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import textwrap
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import redis
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
from xacthuc.cli.trail import verified
from xacthuc.embedded.postgres import installation
from xacthuc.grpckit.tls import TlsFiles

__all__ = ["api", "platform"]

pytestmark = pytest.mark.engine

SERVICES = ("identity", "guardian", "livestream", "backfill")
DATABASES = (*SERVICES, "account_keys")
CHILD = (datetime.now(UTC).year - 12, 1, 1)
NUMBER = "+84912345678"
PAGE = (Path(__file__).resolve().parents[3] / "docs" / "operations.md").read_text("utf-8")
SECTION = PAGE.partition("\n## Back up and restore\n")[2].partition("\n## ")[0]
BACKUP, RESTORE, EMPTY = (textwrap.dedent(block) for block in re.findall(r"(?:^ {4,}\S.*\n)+", SECTION, re.MULTILINE))
"""What the page says to run: before; after, into empty databases; and on the cache."""


@pytest.fixture
def empty_databases(postgres_server, sql):
    """`empty_databases()` makes one for each service and one for the keys of accounts, and returns their URLs."""
    made = []

    def make():
        urls = {}
        for name in DATABASES:
            database = f"r_{uuid.uuid4().hex}"
            sql(f"CREATE DATABASE {database}")
            made.append(database)
            urls[name] = postgres_server.database_url(database)
        return urls

    yield make
    for database in made:
        sql(f"DROP DATABASE {database} WITH (FORCE)")


@pytest.fixture
def databases(empty_databases):
    return empty_databases()


@pytest.fixture
def services(databases, own_valkey, tmp_path):
    """One process of each service that keeps something in PostgreSQL, each with a database of its own, identity first."""
    directory = tmp_path / "all"
    directory.mkdir()
    at = {name: {"XACTHUC_DATABASE_URL": databases[name]} for name in SERVICES}
    with (
        identity_process(
            directory, databases["identity"], own_valkey.url, key_database_url=databases["account_keys"]
        ) as identity,
        guardian_process(directory, identity, **at["guardian"]) as guardian,
        livestream_process(directory, identity, **at["livestream"]) as livestream,
        backfill_process(directory, identity, **at["backfill"]) as backfill,
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
def shell(services, tmp_path):
    """`shell(block, urls)` runs commands of the page where its variables say what they say there."""
    programs, checkpoints = tmp_path / "programs", tmp_path / "checkpoints"
    for made in (programs, checkpoints):
        made.mkdir()
    command = programs / "xacthuc"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m xacthuc.cli.main "$@"\n', "utf-8")
    command.chmod(0o755)
    for name, service in zip(SERVICES, services, strict=True):
        (checkpoints / name).symlink_to(service.environment["XACTHUC_AUDIT_CHECKPOINTS_DIRECTORY"])

    def run(block, urls):
        environment = {
            **os.environ,
            "PATH": f"{programs}:{installation() / 'bin'}:{os.environ['PATH']}",
            "KEYS": services[0].environment["XACTHUC_KEYS_DIRECTORY"],
            "CHECKPOINTS": str(checkpoints),
            **{name.upper(): url.replace("postgresql+asyncpg", "postgresql") for name, url in urls.items()},
        }
        ran = subprocess.run(
            ["bash", "-euc", block], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr

    return run


def lose(directory):
    """Deletes every file of a directory."""
    files = [file for file in Path(directory).iterdir() if file.is_file()]
    assert files
    for file in files:
        file.unlink()


@pytest.fixture
def away_and_back(services, shell, postgres_binaries, databases, empty_databases, own_valkey):
    """Backs everything up, loses it, and restores it, as the page has it."""
    if postgres_binaries is not None:
        pytest.skip("the bundled pg_restore is one of PostgreSQL 18, and sets what 15 does not know")

    def do():
        shell(BACKUP, databases)
        for service in reversed(services):
            assert service.stop() == 0
        lose(services[0].environment["XACTHUC_KEYS_DIRECTORY"])
        for service in services:
            lose(service.environment["XACTHUC_AUDIT_CHECKPOINTS_DIRECTORY"])
        restored = empty_databases()
        shell(RESTORE, restored)
        with redis.Redis.from_url(own_valkey.url) as cache:
            cache.flushall()
        services[0].environment["XACTHUC_KEY_DATABASE_URL"] = restored["account_keys"]
        for name, service in zip(SERVICES, services, strict=True):
            service.environment["XACTHUC_DATABASE_URL"] = restored[name]
            service.start()

    return do


@pytest.mark.timeout(300)
async def test_what_was_backed_up_is_there_and_readable_after_a_restore(
    platform, home, studio, desk, trails, away_and_back, eventually
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
    await asyncio.to_thread(away_and_back)
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


def test_the_page_empties_the_cache_that_the_test_empties():
    assert EMPTY == 'valkey-cli -u "$CACHE" FLUSHALL\n'
