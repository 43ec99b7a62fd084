"""A process of the test's own, to be stopped and killed."""

from __future__ import annotations

import pytest
from identity_process import identity_process
from identity_service import api, platform

__all__ = ["api", "platform"]


@pytest.fixture
def unstarted(own_postgres, own_valkey, tmp_path):
    """An identity process that a test launches itself."""
    directory = tmp_path / "identity"
    directory.mkdir()
    with identity_process(directory, own_postgres.url, own_valkey.url) as made:
        yield made


@pytest.fixture
def deployment(unstarted):
    unstarted.start()
    return unstarted
