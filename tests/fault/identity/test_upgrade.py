"""The version before serves while its schema is migrated and the present one takes over: no call fails."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import grpc
import pytest
from identity_process import IdentityProcess
from identity_service import Api, Platform
from version_before import unpacked_before

from xacthuc.api.identity.v1 import resources_pb2, service_pb2_grpc
from xacthuc.embedded import Postgres
from xacthuc.embedded.ports import free_ports
from xacthuc.grpckit.channels import service_config
from xacthuc.identity import migrate
from xacthuc.sql.migrations import DatabaseBusy

REVISIONS = "services/xacthuc/identity/adapters/migrations/versions"
CALLERS = 4
PATIENCE = timedelta(seconds=120)
BALANCED = {
    **json.loads(service_config("xacthuc.api.identity.v1", "identity_grpc_service_config.json")),
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": ""},
}
"""As the edge chooses among those that say they serve."""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables by which a process is of the version before."""
    directory = tmp_path_factory.mktemp("before")
    environment = unpacked_before(REVISIONS, directory)
    where = subprocess.run(
        [sys.executable, "-c", "import xacthuc.identity.main as main; print(main.__file__)"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(directory)
    return environment


@pytest.fixture
def database(tmp_path, before):
    """Migrated by the version before."""
    directory = tmp_path / "postgres"
    directory.mkdir()
    with Postgres(directory) as server:
        subprocess.run(
            [sys.executable, "-m", "xacthuc.identity.migrate"],
            env={**os.environ, **before, "XACTHUC_DATABASE_URL": server.url},
            check=True,
            timeout=300,
        )
        yield server.url


@pytest.fixture
def processes(tmp_path, database, own_valkey, before):
    """An old and a new process of one installation, neither of them started."""
    directory = tmp_path / "identity"
    directory.mkdir()
    new = IdentityProcess(directory, database, own_valkey.url, migrated=False)
    new.environment["XACTHUC_DRAIN_SECONDS"] = "15"
    old = new.beside("old", **before)
    for process, port in zip((old, new), free_ports(2), strict=True):
        process.public = process.environment["XACTHUC_PUBLIC_ADDRESS"] = f"127.0.0.1:{port}"
    with closing(new), closing(old):
        yield old, new


def migrated(database):
    """Says `xacthuc db upgrade` until no table is in use for too long, as the runbook has it."""
    for last in (False,) * 9 + (True,):
        try:
            migrate.main(database)
        except DatabaseBusy:
            if last:
                raise
        else:
            return


def called(process):
    """Whether a process has answered decisions."""
    return process.log.exists() and "IdentityService/CheckAction" in process.log.read_text()


@pytest.mark.timeout(600)
async def test_the_version_before_is_migrated_and_replaced_under_load_without_a_failed_call(
    processes, database, eventually
):
    old, new = processes
    await asyncio.to_thread(old.start)
    api = Api(old)
    platform = await Platform.create(api)
    balanced = grpc.aio.insecure_channel(
        f"ipv4:{old.public},{new.public}",
        options=[("grpc.service_config", json.dumps(BALANCED)), ("grpc.max_reconnect_backoff_ms", 500)],
    )
    api.service = service_pb2_grpc.IdentityServiceStub(balanced)
    everywhere = platform.over(api)
    ending, served = asyncio.Event(), [0]

    async def people(caller):
        turn = 0
        while not ending.is_set():
            account = f"u{caller}-{turn}"
            await everywhere.register(account)
            token = api.otp.prove(f"+84912{caller:02d}{turn:04d}", account)
            verified = await everywhere.verify(account, token, str(uuid4()))
            assert verified.state == resources_pb2.Account.VERIFIED
            assert (await everywhere.check(account)).allowed
            turn += 1
            served[0] += 1

    async def more_are_served():
        already = served[0]
        await eventually(lambda: served[0] > already + 2 * CALLERS, within=PATIENCE)

    async with asyncio.TaskGroup() as callers:  # the first call that failed fails the test
        for caller in range(CALLERS):
            callers.create_task(people(caller))
        await more_are_served()
        await asyncio.to_thread(migrated, database)
        await more_are_served()
        await asyncio.to_thread(new.start)
        await eventually(lambda: called(old) and called(new), within=PATIENCE)
        await more_are_served()
        status = await asyncio.to_thread(old.stop)
        await more_are_served()
        ending.set()
    await balanced.close()
    await api.close()

    assert status == 0
