"""Processes of the test's own, to be stopped and killed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from identity_process import IdentityProcess, identity_process
from identity_service import Api, api
from livestream_process import LivestreamProcess, livestream_process
from livestream_service import Studio, channel_to

__all__ = ["api"]


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
