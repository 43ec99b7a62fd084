"""Engines and a process of the test's own, to be stopped and killed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from xacthuc.embedded import Postgres

HARNESS = Path(__file__).parents[2] / "service" / "identity" / "harness.py"
# Not written to before the answer, unlike the suite's engine: what is acknowledged must be there after a kill.
DURABLE = {"shared_buffers": "32MB"}


def _harness():
    """Test folders are no packages, so what two of them share is loaded from its path."""
    if "identity_harness" not in sys.modules:
        spec = importlib.util.spec_from_file_location("identity_harness", HARNESS)
        module = importlib.util.module_from_spec(spec)
        sys.modules["identity_harness"] = module
        spec.loader.exec_module(module)
    return sys.modules["identity_harness"]


harness = _harness()


@pytest.fixture
def own_postgres(tmp_path):
    directory = tmp_path / "postgres"
    directory.mkdir()
    with Postgres(directory, settings=DURABLE) as server:
        yield server


@pytest.fixture
def deployment(own_postgres, own_valkey, tmp_path):
    directory = tmp_path / "identity"
    directory.mkdir()
    made = harness.Deployment(directory, own_postgres.url, own_valkey.url)
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
