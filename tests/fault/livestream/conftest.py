"""Engines and processes of the test's own, to be stopped and killed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from identity_process import IdentityProcess, identity_process
from identity_service import Api, api
from livestream_process import LivestreamProcess, livestream_process
from livestream_service import Studio, channel_to

from xacthuc.embedded import Postgres

__all__ = ["api"]

# Not written to before the answer, unlike the suite's engine: what is acknowledged must be there after a kill.
DURABLE = {"shared_buffers": "32MB"}


@pytest.fixture
def own_postgres(tmp_path):
    directory = tmp_path / "postgres"
    directory.mkdir()
    with Postgres(directory, settings=DURABLE) as server:
        yield server


@pytest.fixture
def service(own_postgres, own_valkey, tmp_path):
    directory = tmp_path / "live"
    directory.mkdir()
    with (
        identity_process(directory, own_postgres.url, own_valkey.url) as identity,
        livestream_process(directory, identity) as made,
    ):
        identity.start()
        made.start()
        yield made


@pytest.fixture
def deployment(service: LivestreamProcess) -> IdentityProcess:
    return service.identity


@pytest.fixture
async def studio(api: Api, service: LivestreamProcess) -> AsyncIterator[Studio]:
    async with channel_to(service) as channel:
        yield await Studio.create(api, channel)
