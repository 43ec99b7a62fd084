"""A store that stalls or restarts while messages are on their way."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import pytest
from delivery_world import SOON, Eventually, World
from fake_vendor import FakeVendor, slowly

from xacthuc.valkey import Store, StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from xacthuc.embedded import Valkey

pytestmark = pytest.mark.engine


@pytest.fixture
async def world(own_valkey: Valkey, tmp_path: Path) -> AsyncIterator[World]:
    store = await Store.connect(own_valkey.url)
    yield World(store, own_valkey.url, tmp_path)
    await store.close()


async def test_a_send_that_ends_while_the_store_is_paused_is_recorded_and_not_repeated(
    world: World, vendor: FakeVendor, own_valkey: Valkey, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    vendor.otherwise = slowly(0.3)
    assert own_valkey.process is not None
    async with world.working(lease_seconds=20):
        identity = await world.start()
        await eventually(lambda: vendor.headers)  # asked, and has not answered
        own_valkey.process.send(signal.SIGSTOP)
        try:
            await eventually(lambda: vendor.received)
            await asyncio.sleep(1.5)  # longer than a command may take: the worker sees the store as down
        finally:
            own_valkey.process.send(signal.SIGCONT)
        await eventually(lambda: sent(world, identity), within=SOON)

    assert vendor.copies.total() == 1


async def test_messages_outlive_a_store_that_is_restarted(
    world: World, vendor: FakeVendor, own_valkey: Valkey, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    identities = [await world.start(f"+8491234567{number}") for number in range(5)]
    async with world.working():
        await eventually(lambda: vendor.received)
        own_valkey.stop()
        own_valkey.start()
        for identity in identities:
            await eventually(lambda identity=identity: sent(world, identity), within=SOON)

    assert max(vendor.copies.values()) <= 2


async def sent(world: World, identity: object) -> bool:
    try:
        return (await world.record(identity))["ds"] == "S"  # type: ignore[arg-type]
    except StoreError:
        return False
