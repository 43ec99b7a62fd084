"""A kill switch holds for what is queued already, and only as long as it is engaged."""

from __future__ import annotations

from datetime import timedelta

import pytest
from delivery_world import PLATFORM, Eventually, World
from fake_vendor import FakeVendor

pytestmark = pytest.mark.engine

NUMBER, OTHER_NUMBER = "+84912345678", "+84912345679"
EVERYBODY, OTHER = "", "shop"


async def test_a_kill_switch_holds_back_the_codes_of_its_platform_alone(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    await world.start(NUMBER)
    await world.start(OTHER_NUMBER, platform=OTHER)
    await world.switch(PLATFORM, engaged=True)
    async with world.working() as running:
        await eventually(lambda: vendor.received)
        await eventually(lambda: running.worker.oldest_age_seconds() > 1)

    assert recipients(vendor) == [OTHER_NUMBER]
    assert await world.waiting() == 1


async def test_the_switch_of_all_holds_back_codes_and_notices(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    await world.start(NUMBER)
    await world.notice(OTHER_NUMBER, platform=OTHER)
    await world.switch(EVERYBODY, engaged=True)
    async with world.working() as running:
        await eventually(lambda: running.worker.oldest_age_seconds() > 1)

    assert vendor.received == []
    assert await world.waiting() == 2


@pytest.mark.parametrize("whose", [PLATFORM, EVERYBODY])
async def test_a_working_worker_obeys_a_switch_within_a_second(
    world: World, vendor: FakeVendor, eventually: Eventually, whose: str
) -> None:
    vendor.file(world.providers)
    async with world.working() as running:
        await world.start(NUMBER)
        await eventually(lambda: vendor.received)
        await world.switch(whose, engaged=True)
        engaged_ms = world.clock.now_ms()
        await eventually(lambda: world.clock.now_ms() - engaged_ms >= 1000)
        await world.start(OTHER_NUMBER)
        await eventually(lambda: running.worker.oldest_age_seconds() > 1)

    assert recipients(vendor) == [NUMBER]


async def test_what_was_held_back_goes_out_when_the_switch_is_lifted(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    await world.switch(PLATFORM, engaged=True)
    identity = await world.start()
    async with world.working() as running:
        await eventually(lambda: running.worker.oldest_age_seconds() > 1)
        await world.switch(PLATFORM, engaged=False)
        await eventually(lambda: gone(world))

    assert vendor.copies.total() == 1
    assert await world.state(identity) == "S"


async def test_being_held_back_costs_no_copy_and_no_request(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    await world.switch(PLATFORM, engaged=True)
    identity = await world.start()
    async with world.working() as running:
        await eventually(lambda: running.worker.oldest_age_seconds() > 1)

    assert not {"cp:1", "rq:1", "tk:1"} & set(await world.record(identity))


async def test_a_code_whose_life_ends_behind_a_switch_is_recorded_as_stopped(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    await world.switch(PLATFORM, engaged=True)
    identity = await world.start()
    async with world.working() as running:
        await eventually(lambda: running.worker.oldest_age_seconds() > 0)
        assert await world.waiting() == 1
        await world.store.execute("HSET", f"{{p:{identity.partition:03d}}}:c:{identity.text}", "ex", 1)
        await eventually(lambda: gone(world))

    assert vendor.received == []
    assert await world.ended(identity) == ("F", "stopped")


async def test_a_notice_whose_life_ends_behind_a_switch_is_recorded_as_stopped(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    await world.switch(PLATFORM, engaged=True)
    notice = await world.notice()
    queued_ms = world.clock.now_ms()
    await eventually(lambda: world.clock.now_ms() - queued_ms > 20)
    async with world.working(notice_life=timedelta(milliseconds=20)):
        await eventually(lambda: gone(world))

    assert vendor.received == []
    assert (await world.failure())["d"] == f"notices/{notice}:stopped"


async def test_what_a_switch_holds_back_takes_neither_place_nor_pace_from_others(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    await world.switch(PLATFORM, engaged=True)
    for number in range(60):
        await world.notice(f"+849223456{number:02d}")
    async with world.working(notices_per_second=2, notice_concurrency=1):
        await world.notice(OTHER_NUMBER, platform=OTHER)
        # At this pace the sixty would take half a minute, and sixteen of them would fill the lane.
        await eventually(lambda: vendor.received)

    assert recipients(vendor) == [OTHER_NUMBER]


def recipients(vendor: FakeVendor) -> list[str]:
    return [f"+{message['to']}" for message in vendor.received]


async def gone(world: World) -> bool:
    return await world.waiting() == 0
