"""The whole product, for families who go through it with real codes; and guardian beside identity alone, for the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from guardian_process import GuardianProcess, guardian_process
from guardian_service import Household, household
from guardian_town import Town
from identity_process import IdentityProcess, identity_process
from identity_service import Api, api
from running_stack import running_stack

from xacthuc.client import Xacthuc

__all__ = ["api"]


@pytest.fixture(scope="package")
def town() -> Iterator[Town]:
    """Shared: each test has accounts and numbers of its own."""
    with (
        TemporaryDirectory(prefix="xacthuc-test-") as path,
        running_stack(Path(path)) as stack,
        Xacthuc(key=stack.key, otp=stack.otp, identity=stack.identity, guardian=stack.guardian) as client,
    ):
        made = Town(stack, client)
        made.until_open()
        yield made


@pytest.fixture(scope="package")
def service(postgres_server, sql, lasting_valkey, tmp_path_factory):
    """Shared likewise: each test has a platform of its own."""
    sql("CREATE DATABASE guardian_service")
    database_url = postgres_server.database_url("guardian_service")
    directory = tmp_path_factory.mktemp("guard")
    with (
        identity_process(directory, database_url, lasting_valkey.url) as identity,
        guardian_process(directory, identity) as made,
    ):
        identity.start()
        made.start()
        yield made


@pytest.fixture(scope="package")
def deployment(service: GuardianProcess) -> IdentityProcess:
    return service.identity


@pytest.fixture
async def home(api: Api, service: GuardianProcess) -> AsyncIterator[Household]:
    async with household(api, service) as made:
        yield made
