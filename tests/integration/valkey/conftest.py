"""The store tests run under both event loops the product runs under."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import uvloop

from xacthuc.valkey import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Runs each test twice, by pytest-asyncio's own hook."""
    return {"asyncio": asyncio.SelectorEventLoop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[Store]:
    store = await Store.connect(valkey_url)
    yield store
    await store.close()
