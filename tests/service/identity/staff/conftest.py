"""Two identity processes as deployments have them: one lets in by groups, the other by invitation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import oidc_provider
import pytest
from identity_process import IdentityProcess, identity_process
from oidc_provider import OpenIdProvider
from staff_world import GROUPS, Staff, channel_of, in_production

from xacthuc.audit.tags import Tag
from xacthuc.sql.migrations import dsn


@dataclass
class World:
    """A process and who tells it who its operators are."""

    process: IdentityProcess
    provider: OpenIdProvider
    break_glass: str

    async def rows(self, query, *values):
        """Returns what the database holds."""
        connection = await asyncpg.connect(dsn(self.process.database_url))
        try:
            return await connection.fetch(query, *values)
        finally:
            await connection.close()

    async def audited(self, subject):
        """Returns what the trail tells was done about somebody or something, and by whom; not who looked."""
        query = "SELECT tag, actor FROM identity.audit WHERE subject = $1 AND tag <> $2 ORDER BY id"
        rows = await self.rows(query, subject, Tag.ADMIN_READ)
        return [(row["tag"].rpartition(":")[2], row["actor"]) for row in rows]


@pytest.fixture(scope="package")
def make_world(postgres_server, sql, lasting_valkey, tmp_path_factory) -> Iterator[Callable[..., World]]:
    with ExitStack() as stack:

        def make(name: str, membership: str = "", **settings: str) -> World:
            sql(f"CREATE DATABASE {name}")
            provider = stack.enter_context(oidc_provider.running())
            directory: Path = tmp_path_factory.mktemp(name)
            url = postgres_server.database_url(name)
            process = stack.enter_context(identity_process(directory, url, lasting_valkey.url))
            secret = in_production(process, provider.issuer, membership, **settings)
            process.start()
            return World(process, provider, secret)

        yield make


@pytest.fixture(scope="package")
def by_groups(make_world) -> World:
    return make_world("staff_by_groups", GROUPS)


@pytest.fixture(scope="package")
def by_invitation(make_world) -> World:
    return make_world("staff_by_invitation")


@pytest.fixture
async def open_staff():
    channels = []

    async def make(world: World) -> Staff:
        world.provider.reset()
        channels.append(channel_of(world.process))
        return Staff(world.process, world.provider, channels[-1], world.break_glass)

    yield make
    for channel in channels:
        await channel.close()


@pytest.fixture
async def staff(open_staff, by_groups) -> Staff:
    """Those whom their groups let in."""
    return await open_staff(by_groups)


@pytest.fixture
async def invited(open_staff, by_invitation) -> Staff:
    """Those whom somebody invites."""
    return await open_staff(by_invitation)
