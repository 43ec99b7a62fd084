"""Blocks, stops and bars hold for what was queued before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from delivery_world import ACCOUNT, ADDRESS, DEVICE, Eventually, World
from fake_vendor import FakeVendor

if TYPE_CHECKING:
    from xacthuc.otp.domain.challenge_id import ChallengeId

pytestmark = pytest.mark.engine

NUMBER = "+84912345678"


async def test_a_code_queued_before_its_number_was_blocked_is_not_sent(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    identity = await world.start(NUMBER)
    await world.block(NUMBER)
    async with world.working():
        await eventually(lambda: gone(world))

    assert vendor.received == []
    assert await world.ended(identity) == ("F", "blocked")


async def test_a_block_that_ran_out_lets_the_code_go(world: World, vendor: FakeVendor, eventually: Eventually) -> None:
    vendor.file(world.providers)
    await world.start(NUMBER)
    await world.block(NUMBER, for_ms=1)
    async with world.working():
        await eventually(lambda: gone(world))

    assert vendor.copies.total() == 1


async def test_a_code_queued_before_its_number_was_stopped_is_not_sent(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    identity = await world.start()
    await forbid(world, identity, "stop")
    async with world.working():
        await eventually(lambda: gone(world))

    assert vendor.received == []
    assert await world.ended(identity) == ("F", "blocked")


@pytest.mark.parametrize("starter", [ACCOUNT, DEVICE])
async def test_a_code_queued_before_its_starter_was_barred_is_not_sent(
    world: World, vendor: FakeVendor, eventually: Eventually, starter: str
) -> None:
    vendor.file(world.providers)
    identity = await world.start()
    await forbid(world, identity, f"b:{starter}")
    async with world.working():
        await eventually(lambda: gone(world))

    assert vendor.received == []
    assert await world.ended(identity) == ("F", "blocked")


async def test_a_barred_address_does_not_take_the_codes_of_those_who_share_it(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    identity = await world.start()
    await forbid(world, identity, f"b:{ADDRESS}")
    async with world.working():
        await eventually(lambda: gone(world))

    assert vendor.copies.total() == 1


async def test_a_block_ends_the_tries_of_a_code_that_waits_for_a_provider(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    await vendor.close()
    async with world.working():
        identity = await world.start(NUMBER)
        await eventually(lambda: unclaimed(world, identity))
        await world.block(NUMBER)
        await eventually(lambda: gone(world))

    assert await world.ended(identity) == ("F", "blocked")


async def test_a_notice_queued_before_its_number_was_blocked_is_not_sent(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    notice = await world.notice(NUMBER)
    await world.block(NUMBER)
    async with world.working():
        await eventually(lambda: gone(world))

    assert vendor.received == []
    assert (await world.failure())["d"] == f"notices/{notice}:blocked"


async def forbid(world: World, identity: ChallengeId, what: str) -> None:
    number = (await world.record(identity))["nk"]
    await world.store.execute("HSET", number, what, world.clock.now_ms() + 60_000)


async def unclaimed(world: World, identity: ChallengeId) -> bool:
    return (await world.record(identity)).get("cp:1") == "0"


async def gone(world: World) -> bool:
    return await world.waiting() == 0
