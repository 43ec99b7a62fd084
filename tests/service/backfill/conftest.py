"""One backfill process and one identity process for all tests of the worker; each test has a platform of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from backfill_process import BackfillProcess, backfill_process
from backfill_service import Desk, admin_of
from identity_process import IdentityProcess, identity_process
from identity_service import Api, Platform, api

__all__ = ["api"]


@pytest.fixture(scope="package")
def service(postgres_server, sql, lasting_valkey, tmp_path_factory):
    sql("CREATE DATABASE backfill_service")
    database_url = postgres_server.database_url("backfill_service")
    directory = tmp_path_factory.mktemp("fill")
    with (
        identity_process(directory, database_url, lasting_valkey.url) as identity,
        backfill_process(directory, identity, XACTHUC_COUNT_INTERVAL="PT0.1S") as made,
    ):
        identity.start()
        made.start()
        yield made


@pytest.fixture(scope="package")
def deployment(service: BackfillProcess) -> IdentityProcess:
    return service.identity


@pytest.fixture
async def platform(api: Api) -> Platform:
    return await Platform.create(api)


@pytest.fixture
async def desk(service: BackfillProcess, platform: Platform) -> AsyncIterator[Desk]:
    async with admin_of(service) as admin:
        yield Desk(admin, platform.name)
