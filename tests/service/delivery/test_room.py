"""What a message may still hear of while its provider has no room for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from delivery_world import PLATFORM, Eventually, World
from fake_vendor import FakeVendor, slowly

if TYPE_CHECKING:
    from xacthuc.otp.domain.challenge_id import ChallengeId

pytestmark = pytest.mark.engine

NUMBER, OTHER_NUMBER = "+84912345678", "+84912345679"


async def test_a_message_that_waits_for_room_at_its_provider_holds_no_claim(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    one_at_a_time(vendor, world)
    vendor.otherwise = slowly(0.8)
    async with world.working():
        await world.start(NUMBER)
        await eventually(lambda: vendor.asked == 1)
        waiting = await world.start(OTHER_NUMBER)
        await eventually(lambda: unclaimed(world, waiting))
        assert vendor.received == []
        await eventually(lambda: gone(world))

    assert set(vendor.copies.values()) == {1}
    assert (await world.record(waiting))["cp:1"] == "1"


async def test_a_code_canceled_while_it_waited_for_room_is_not_sent(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    one_at_a_time(vendor, world)
    vendor.otherwise = slowly(0.8)
    async with world.working():
        await world.start(NUMBER)
        await eventually(lambda: vendor.asked == 1)
        waiting = await world.start(OTHER_NUMBER)
        await eventually(lambda: unclaimed(world, waiting))
        await world.challenges.cancel(waiting, PLATFORM, world.clock.now_ms())
        await eventually(lambda: gone(world))

    assert recipients(vendor) == [NUMBER]


async def test_a_switch_engaged_while_a_code_waited_for_room_holds_it_back(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    one_at_a_time(vendor, world)
    vendor.otherwise = slowly(0.9)
    async with world.working() as running:
        await world.start(NUMBER)
        await eventually(lambda: vendor.asked == 1)
        waiting = await world.start(OTHER_NUMBER)
        await eventually(lambda: unclaimed(world, waiting))
        await world.switch(PLATFORM, engaged=True)
        await eventually(lambda: vendor.received)
        await eventually(lambda: running.worker.oldest_age_seconds() > 2)

    assert recipients(vendor) == [NUMBER]
    assert (await world.record(waiting))["cp:1"] == "0"


def one_at_a_time(vendor: FakeVendor, world: World) -> None:
    file = vendor.file(world.providers)
    file.write_text(file.read_text().replace("weight =", "concurrency = 1\nweight ="))


def recipients(vendor: FakeVendor) -> list[str]:
    return [f"+{message['to']}" for message in vendor.received]


async def unclaimed(world: World, identity: ChallengeId) -> bool:
    return (await world.record(identity)).get("cp:1") == "0"


async def gone(world: World) -> bool:
    return await world.waiting() == 0
