"""Workers that die or stall in the middle of anything: nothing is lost, nothing goes out more than twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from datetime import timedelta

import pytest
from delivery_world import SOON, Eventually, World
from fake_vendor import FakeVendor, slowly

pytestmark = pytest.mark.engine

ROUNDS = 30 if os.environ.get("XACTHUC_SOAK") else 3
CODES = 40


async def test_a_worker_killed_at_any_moment_loses_nothing_and_adds_one_copy_at_most(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    vendor.otherwise = slowly(0.03)
    identities = []
    for round_ in range(ROUNDS):
        with world.process() as process:
            identities += [await world.start(f"+84912{round_:02d}{number:04d}") for number in range(CODES)]
            await asyncio.sleep(random.uniform(0, 0.15))  # the moment of death is the thing tried
            process.send_signal(signal.SIGKILL)
            process.wait()
        with world.process():
            await eventually(lambda: nothing_waits(world), within=SOON)

    assert {await world.state(identity) for identity in identities} == {"S"}
    assert {message["text"] for message in vendor.received} == {world.text(identity) for identity in identities}
    assert max(vendor.copies.values()) <= 2


async def test_a_message_that_two_workers_died_of_is_given_up_and_said_to_be(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    vendor.otherwise = slowly(30)
    identity = await world.start()
    for deaths in (1, 2):
        with world.process() as process:
            await eventually(lambda deaths=deaths: vendor.asked == deaths, within=SOON)
            process.send_signal(signal.SIGKILL)
            process.wait()
    with world.process():
        await eventually(lambda: nothing_waits(world), within=SOON)

    assert vendor.asked == 2
    assert await world.state(identity) == "F"
    assert (await world.outcomes(identity.partition))[-1]["d"] == "unconfirmed"


async def test_another_worker_takes_over_what_a_dead_one_held(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    with world.process() as dying:
        await eventually(lambda: all_held(world), within=SOON)
        dying.kill()
        dying.wait()
        identities = [await world.start(f"+8491234560{number}") for number in range(8)]
        async with world.working():
            await eventually(lambda: nothing_waits(world), within=timedelta(seconds=8))

    assert vendor.copies.total() == len(identities)


async def test_a_worker_that_slept_through_its_lease_cannot_write(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    vendor.script.append(slowly(0.4))
    with world.process() as sleeper:
        identity = await world.start()
        await eventually(lambda: vendor.asked == 1, within=SOON)
        sleeper.send_signal(signal.SIGSTOP)
        try:
            async with world.working():
                await eventually(lambda: nothing_waits(world), within=SOON)
                before = await world.record(identity)
                sleeper.send_signal(signal.SIGCONT)
                await eventually(lambda: shared_by(world, 2), within=SOON)
                assert await world.record(identity) == before
        finally:
            sleeper.send_signal(signal.SIGCONT)

    assert vendor.copies.total() == 2
    assert (await world.kinds(identity)).count("SENT") == 1


async def nothing_waits(world: World) -> bool:
    return await world.waiting() == 0


async def all_held(world: World) -> bool:
    return len(await world.store.execute("KEYS", "*:lease", key="")) == 256


async def shared_by(world: World, count: int) -> bool:
    return int(await world.store.execute("ZCARD", "delivery:workers")) == count
