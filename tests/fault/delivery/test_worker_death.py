"""Workers that die or stall in the middle of anything: nothing is lost, nothing goes out more than twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from delivery_world import PLATFORM, SOON, Eventually, World
from fake_vendor import FakeVendor, slowly

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.engine

ROUNDS = 100 if os.environ.get("XACTHUC_SOAK") else 10
CODES = 40
PRICE = 320


async def test_workers_killed_at_any_moment_lose_nothing_and_add_one_copy_of_a_message_at_most(
    world: World, vendor: FakeVendor, eventually: Eventually, record_testsuite_property: Callable[[str, object], None]
) -> None:
    vendor.file(world.providers, extra=f"[cost_vnd]\nother = {PRICE}\n")
    vendor.otherwise = slowly(0.03)
    identities = []
    for round_ in range(ROUNDS):
        with world.process() as process:
            identities += [await world.start(f"+849{12_00_0000 + round_ * 1000 + n:08d}") for n in range(CODES)]
            await asyncio.sleep(random.uniform(0, 0.15))  # the moment of death is the thing tried
            process.send_signal(signal.SIGKILL)
            process.wait()
        with world.process():
            await eventually(lambda: nothing_waits(world), within=SOON)

    records = [await world.record(identity) for identity in identities]
    assert {record["ds"] for record in records} == {"S"}
    assert {message["text"] for message in vendor.received} == {world.text(identity) for identity in identities}
    assert max(vendor.copies.values()) <= 2
    assert max(int(record["cp:1"]) for record in records) <= 2
    # Paid before it is sent: whoever died in between paid for nothing, and nobody sent what was not paid.
    paid, claimed = await spent(world) / PRICE, sum(int(record["cp:1"]) for record in records)
    assert vendor.copies.total() <= paid <= claimed
    told = [
        outcome for partition in range(256) for outcome in await world.outcomes(partition) if outcome["k"] == "SENT"
    ]
    assert len(told) == len(identities)
    assert sum(int(outcome["co"]) for outcome in told) == PRICE * len(identities)
    record_testsuite_property("kills", ROUNDS)
    record_testsuite_property("codes", len(identities))
    record_testsuite_property("sent twice", vendor.copies.total() - len(identities))


FAILING_OVER = """
version = "test"
[otp]
receipt_wait_seconds = [1, 1]
[choice]
method = "weighted"
"""


async def test_workers_killed_while_receipts_are_missing_still_bring_every_code_to_somebody_else(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, eventually: Eventually, tmp_path: Path
) -> None:
    vendor.file(world.providers, "silent", weight=200)
    other_vendor.file(world.providers, "lives", weight=100)
    policy = tmp_path / "policy.toml"
    policy.write_text(FAILING_OVER)
    identities = []
    for round_ in range(max(2, ROUNDS // 5)):
        with world.process(XACTHUC_POLICY_FILE=str(policy)) as process:
            identities += [await world.start(f"+849{round_ * 1000 + n:08d}") for n in range(CODES)]
            await asyncio.sleep(random.uniform(0.5, 2.5))  # some are overdue, some are on their way again
            process.send_signal(signal.SIGKILL)
            process.wait()
        with world.process(XACTHUC_POLICY_FILE=str(policy)):
            await eventually(lambda: nothing_is_due(world), within=SOON)

    assert {message["text"] for message in other_vendor.received} == {world.text(identity) for identity in identities}
    both = vendor.copies + other_vendor.copies
    assert max(vendor.copies.values()) <= 2
    assert max(other_vendor.copies.values()) <= 2
    # One copy each, and one more for the one death that a code lived through.
    assert max(both.values()) <= 3


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


async def spent(world: World) -> int:
    found = await world.money.spendings(world.clock.now_ms())
    return sum(each.spent_vnd for each in found if each.platform == PLATFORM)


async def nothing_waits(world: World) -> bool:
    return await world.waiting() == 0


async def nothing_is_due(world: World) -> bool:
    """Tells whether nothing waits in a lane, or for a receipt that somebody else could still make up for."""
    if not await nothing_waits(world):
        return False
    keys = await world.store.execute("KEYS", "*:due", key="")
    members = [member for key in keys for member in await world.store.execute("ZRANGE", key, 0, -1)]
    # Looked at twice: what is overdue moves to a lane in one step.
    return not any(member.endswith(b" silent") for member in members) and await nothing_waits(world)


async def all_held(world: World) -> bool:
    return len(await world.store.execute("KEYS", "*:lease", key="")) == 256


async def shared_by(world: World, count: int) -> bool:
    return int(await world.store.execute("ZCARD", "delivery:workers")) == count
