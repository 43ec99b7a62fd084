"""Message centers, and providers that work with them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import smsc


@pytest.fixture(params=["node", "twisted"])
async def center(request) -> AsyncIterator[smsc.Center]:
    """Each of the two centers."""
    async with smsc.running(request.param) as running:
        yield running


@pytest.fixture
async def node() -> AsyncIterator[smsc.Center]:
    """The center that knows every trick."""
    async with smsc.running("node") as running:
        yield running


@pytest.fixture
async def tend(tmp_path) -> AsyncIterator[smsc.Tend]:
    """Puts providers to work."""
    async with smsc.tending(tmp_path) as tend:
        yield tend
