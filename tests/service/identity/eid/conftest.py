"""One identity process that knows three providers: a sign-in, a licensed provider that also reports, and an operator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import asyncpg
import oidc_provider
import pytest
from eauth_world import certificates
from fake_eauth import FakeEauth
from fake_kyc import FakeKyc
from identity_process import IdentityProcess, identity_process
from identity_service import api, platform

from xacthuc.embedded.ports import free_ports
from xacthuc.sql.migrations import dsn

__all__ = ["api", "certificates", "platform"]


@dataclass
class World:
    """The process and who it asks."""

    process: IdentityProcess
    sign_in: oidc_provider.OpenIdProvider
    directory: Path
    eauth_port: int
    kyc_port: int
    reports: str
    """Where the licensed provider reports."""

    async def rows(self, query, *values):
        """Returns what the database holds."""
        connection = await asyncpg.connect(dsn(self.process.database_url))
        try:
            return await connection.fetch(query, *values)
        finally:
            await connection.close()


@pytest.fixture(scope="package")
def world(postgres_server, sql, lasting_valkey, tmp_path_factory, certificates):
    sql("CREATE DATABASE identity_eid")
    database_url = postgres_server.database_url("identity_eid")
    directory = tmp_path_factory.mktemp("identity_eid")
    for file in certificates.iterdir():
        (directory / file.name).write_bytes(file.read_bytes())
    eauth_port, kyc_port, reports = free_ports(3)
    files = directory / "eid"
    files.mkdir()
    with oidc_provider.running() as provider, identity_process(directory, database_url, lasting_valkey.url) as made:
        oidc_provider.file(directory, provider.issuer).rename(files / "vneid.toml")
        FakeEauth(directory=directory, port=eauth_port).file().rename(files / "eid.toml")
        (directory / "kyc").mkdir()
        FakeKyc(port=kyc_port).file(directory / "kyc").rename(files / "viettel.toml")
        made.environment["XACTHUC_EID_DIRECTORY"] = str(files)
        made.environment["XACTHUC_EID_REPORTS_ADDRESS"] = f"127.0.0.1:{reports}"
        made.start()
        yield World(made, provider, directory, eauth_port, kyc_port, f"http://127.0.0.1:{reports}/callbacks/eid")


@pytest.fixture
def deployment(world):
    return world.process


@pytest.fixture
def provider(world):
    """The sign-in, behaving."""
    world.sign_in.reset()
    return world.sign_in


@pytest.fixture
async def eauth(world):
    """The licensed provider, comparing as it should."""
    made = FakeEauth(directory=world.directory, port=world.eauth_port)
    await made.open()
    yield made
    # What is still open would be asked about in the middle of the next test.
    await world.rows("DELETE FROM identity.personal_id_checks")
    await made.close()


@pytest.fixture
async def operator(world):
    """The operator, whose record agrees in everything."""
    made = FakeKyc(port=world.kyc_port)
    await made.open()
    yield made
    await made.close()
