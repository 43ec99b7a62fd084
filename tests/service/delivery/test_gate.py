"""What may not be sent now waits: money that is spent, the night, a pace that codes need themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from delivery_world import PLATFORM, Eventually, World
from fake_vendor import FakeVendor, answer

from xacthuc.otp.domain.spending import Budget
from xacthuc.policy.dates import DAY_MS, day_number, day_start_ms

if TYPE_CHECKING:
    from xacthuc.otp.domain.challenge_id import ChallengeId

pytestmark = pytest.mark.engine

PRICE = 320


@pytest.fixture(autouse=True)
def price(world: World, vendor: FakeVendor) -> None:
    """Describes a vendor that costs something."""
    vendor.file(world.providers, weight=200, extra=f"[cost_vnd]\nother = {PRICE}\n")


async def test_a_code_without_money_costs_no_copy_and_goes_out_when_the_cap_is_raised(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    await cap(world, PRICE - 1)
    async with world.working():
        identity = await world.start()
        await eventually(lambda: put_back(world, identity))
        assert (await world.record(identity))["cp:1"] == "0"
        await cap(world, PRICE)
        await eventually(lambda: world.sent(identity))

    assert await spent(world) == PRICE


async def test_a_code_whose_life_ends_without_money_is_recorded_as_such(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    await cap(world, PRICE - 1)
    async with world.working():
        identity = await world.start()
        await eventually(lambda: put_back(world, identity))
        await world.store.execute("HSET", f"{{p:{identity.partition:03d}}}:c:{identity.text}", "ex", 1)
        await eventually(lambda: world.waits(0))

    assert vendor.asked == 0
    assert await world.ended(identity) == ("F", "spend_cap")


async def test_a_refused_request_costs_nothing(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, eventually: Eventually
) -> None:
    other_vendor.file(world.providers, "second", extra="[cost_vnd]\nother = 450\n")
    vendor.otherwise = answer(503, {})
    async with world.working():
        identity = await world.start()
        await eventually(lambda: world.sent(identity))

    assert await spent(world) == 450
    assert (await world.outcomes(identity.partition))[-1]["co"] == "450"


async def test_a_notice_waits_for_the_morning_and_a_code_does_not(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    close_now(world)
    async with world.working() as running:
        await world.notice("+84912345670")
        identity = await world.start("+84912345671")
        await eventually(lambda: world.sent(identity))
        await eventually(lambda: running.worker.oldest_age_seconds() > 1)

    assert [message["to"] for message in vendor.received] == ["84912345671"]
    assert await world.waiting() == 1


async def test_a_notice_whose_life_ends_at_night_is_recorded_as_such(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    close_now(world)
    notice = await world.notice()
    queued_ms = world.clock.now_ms()
    await eventually(lambda: world.clock.now_ms() - queued_ms > 20)
    async with world.working(notice_life=timedelta(milliseconds=20)):
        await eventually(lambda: world.waits(0))

    assert vendor.asked == 0
    assert (await world.failure())["d"] == f"notices/{notice}:quiet_hours"


async def cap(world: World, vnd: int) -> None:
    await world.money.set_cap(PLATFORM, Budget.CODES, vnd, "test", world.clock.now_ms(), actor="peer:cli")


async def spent(world: World) -> int:
    found = await world.money.spendings(world.clock.now_ms())
    return sum(each.spent_vnd for each in found if each.platform == PLATFORM)


def close_now(world: World) -> None:
    """Sets hours in which no notice is sent, whatever the time is."""
    now_ms = world.clock.now_ms()
    morning = now_ms - day_start_ms(day_number(now_ms)) < DAY_MS // 2
    hours = "13:00-14:00" if morning else "01:00-02:00"
    world.policy = replace(world.policy, bulk=replace(world.policy.bulk, hours=hours))


async def put_back(world: World, identity: ChallengeId) -> bool:
    return (await world.record(identity)).get("cp:1") == "0"
