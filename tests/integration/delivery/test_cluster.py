"""Delivery over a Cluster: every script stays within one slot, and wake-ups come from whichever server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from delivery_world import SOON, Eventually, World

from xacthuc.ratelimit.limiter import Limiter
from xacthuc.ratelimit.limits import Limit, key_of
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from pathlib import Path

    from xacthuc.embedded import ValkeyCluster

pytestmark = pytest.mark.engine


async def test_codes_notices_and_outcomes_travel_through_a_cluster(
    valkey_cluster: ValkeyCluster, tmp_path: Path, eventually: Eventually
) -> None:
    store = await Store.connect(valkey_cluster.url)
    try:
        world, limiter = World(store, valkey_cluster.url, tmp_path), Limiter(store)
        async with world.working():
            await world.notice()
            identities = [await world.start(f"+849920000{number:02d}") for number in range(10, 16)]
            for identity in identities:
                await eventually(lambda identity=identity: delivered(world, identity), within=SOON)
                await world.check(identity, right=True)
            await eventually(lambda: credited(limiter, len(identities)), within=SOON)
            await eventually(lambda: len(world.inbox.read_text().splitlines()) == len(identities) + 1)
    finally:
        await store.close()


async def delivered(world: World, identity: object) -> bool:
    return (await world.record(identity))["ds"] == "D"  # type: ignore[arg-type]


async def credited(limiter: Limiter, count: int) -> bool:
    return (await limiter.read(key_of(Limit.PREFIX, "pre"))).verified == count
