"""One identity process for all tests of the worker; each test has a platform of its own."""

from __future__ import annotations

import pytest
from identity_process import identity_process
from identity_service import api, platform

__all__ = ["api", "platform"]


@pytest.fixture(scope="session")
def deployment(postgres_server, sql, valkey_server, tmp_path_factory):
    sql("CREATE DATABASE identity_service")
    database_url = postgres_server.database_url("identity_service")
    with identity_process(tmp_path_factory.mktemp("identity"), database_url, valkey_server.url) as made:
        made.start()
        yield made
