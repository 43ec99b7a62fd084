"""Delivery over a Cluster: every script stays within one slot, and wake-ups come from whichever server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from delivery_world import SOON, Eventually, World

from xacthuc.ratelimit.limiter import Limiter
from xacthuc.ratelimit.limits import Limit, key_of
from xacthuc.valkey import Store
from xacthuc.valkey.partition import partition_of

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


async def test_blocks_and_switches_hold_in_a_cluster_for_what_is_queued(
    valkey_cluster: ValkeyCluster, tmp_path: Path, eventually: Eventually
) -> None:
    store = await Store.connect(valkey_cluster.url)
    try:
        world = World(store, valkey_cluster.url, tmp_path)
        await world.start("+84992000021")
        await world.notice("+84992000022")
        await world.block("+84992000021")
        await world.block("+84992000022")
        await world.switch("stopped-shop", engaged=True)
        held = await world.start("+84992000023", platform="stopped-shop")
        async with world.working() as running:
            await eventually(lambda: failures(world, ("+84992000021", "+84992000022"), 2), within=SOON)
            await eventually(lambda: running.worker.oldest_age_seconds() > 1, within=SOON)
            assert await world.state(held) == "Q"
            await world.switch("stopped-shop", engaged=False)
            await eventually(lambda: delivered(world, held), within=SOON)
    finally:
        await store.close()


async def delivered(world: World, identity: object) -> bool:
    return (await world.record(identity))["ds"] == "D"  # type: ignore[arg-type]


async def failures(world: World, numbers: tuple[str, ...], count: int) -> bool:
    partitions = {partition_of(number, world.number_key) for number in numbers}
    outcomes = [outcome for partition in partitions for outcome in await world.outcomes(partition)]
    return sum(outcome["k"] == "FAILED" and outcome["d"].endswith("blocked") for outcome in outcomes) == count


async def credited(limiter: Limiter, count: int) -> bool:
    return (await limiter.read(key_of(Limit.PREFIX, "pre"))).verified == count
