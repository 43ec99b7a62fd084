"""Processes of the test's own, to be killed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from guardian_home import Home
from guardian_process import GuardianProcess, guardian_process
from identity_process import IdentityProcess, identity_process
from identity_service import Api, api

__all__ = ["api"]


@pytest.fixture
def service(own_postgres, own_valkey, tmp_path):
    directory = tmp_path / "home"
    directory.mkdir()
    with (
        identity_process(directory, own_postgres.url, own_valkey.url) as identity,
        guardian_process(directory, identity) as made,
    ):
        identity.start()
        made.start()
        yield made


@pytest.fixture
def deployment(service: GuardianProcess) -> IdentityProcess:
    return service.identity


@pytest.fixture
async def home(api: Api, service: GuardianProcess) -> AsyncIterator[Home]:
    made = await Home.create(api, service)
    yield made
    await made.close()
