from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).with_name("harness.py")


def _harness():
    """Test folders are no packages, so what two of them share is loaded from its path."""
    if "identity_harness" not in sys.modules:
        spec = importlib.util.spec_from_file_location("identity_harness", HARNESS)
        module = importlib.util.module_from_spec(spec)
        sys.modules["identity_harness"] = module
        spec.loader.exec_module(module)
    return sys.modules["identity_harness"]


harness = _harness()


@pytest.fixture(scope="session")
def deployment(postgres_server, sql, valkey_server, tmp_path_factory):
    """One process for all service tests of the worker; each test has a platform of its own."""
    sql("CREATE DATABASE identity_service")
    directory = tmp_path_factory.mktemp("identity")
    made = harness.Deployment(directory, postgres_server.database_url("identity_service"), valkey_server.url)
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture
async def api(deployment):
    made = harness.Api(deployment)
    yield made
    await made.close()


@pytest.fixture
async def platform(api):
    return await harness.Platform.create(api)
