"""One identity process for all tests of the worker; each test has a platform of its own."""

from __future__ import annotations

import asyncpg
import pytest
from identity_process import identity_process
from identity_service import api, platform

from xacthuc.sql.migrations import dsn

__all__ = ["api", "platform"]


@pytest.fixture(scope="package")
def deployment(postgres_server, sql, lasting_valkey, tmp_path_factory):
    sql("CREATE DATABASE identity_service")
    database_url = postgres_server.database_url("identity_service")
    with identity_process(tmp_path_factory.mktemp("identity"), database_url, lasting_valkey.url) as made:
        made.start()
        yield made


@pytest.fixture
def account_key_is_destroyed(deployment):
    """Tells whether an account's key is gone for ever."""

    async def ask(platform, account):
        connection = await asyncpg.connect(dsn(deployment.database_url))
        try:
            return await connection.fetchval(
                "SELECT wrapped IS NULL AND destroy_time IS NOT NULL FROM identity_keys.account_keys"
                " WHERE platform = $1 AND account = $2",
                platform,
                account,
            )
        finally:
            await connection.close()

    return ask
