"""One livestream process and one identity process for all tests of the worker; each test has a platform of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from identity_process import IdentityProcess, identity_process
from identity_service import Api, api
from livestream_process import LivestreamProcess, livestream_process
from livestream_service import Studio, channel_to

__all__ = ["api"]


@pytest.fixture(scope="package")
def service(postgres_server, sql, lasting_valkey, tmp_path_factory):
    sql("CREATE DATABASE livestream_service")
    database_url = postgres_server.database_url("livestream_service")
    directory = tmp_path_factory.mktemp("live")
    with (
        identity_process(directory, database_url, lasting_valkey.url) as identity,
        livestream_process(directory, identity) as made,
    ):
        identity.start()
        made.start()
        yield made


@pytest.fixture(scope="package")
def deployment(service: LivestreamProcess) -> IdentityProcess:
    return service.identity


@pytest.fixture
async def studio(api: Api, service: LivestreamProcess) -> AsyncIterator[Studio]:
    async with channel_to(service) as channel:
        yield await Studio.create(api, channel)
