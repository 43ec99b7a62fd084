"""Who has no money left today sends nothing, whoever waits; the money of codes and that of notices are apart."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from delivery_world import PLATFORM, Eventually, World
from fake_vendor import FakeVendor, answer

from xacthuc.otp.domain.spending import Budget

pytestmark = pytest.mark.engine

NUMBER, OTHER_NUMBER, THIRD_NUMBER = "+84912345678", "+84912345679", "+84912345680"
PRICE = 800
PRICED = f"""
[cost_vnd]
other = {PRICE}
"""
HELD_LOOKS_AGAIN = timedelta(seconds=3)
"""A held code is looked at every two seconds, a fifth more at the most; the rest is a busy machine's."""


async def test_a_message_that_is_sent_is_paid_for(world: World, vendor: FakeVendor, eventually: Eventually) -> None:
    vendor.file(world.providers, extra=PRICED)
    await world.start(NUMBER)
    async with world.working():
        await eventually(lambda: gone(world))

    assert await spent(world) == {Budget.CODES: PRICE, Budget.NOTICES: 0}


async def test_a_message_that_the_vendor_refused_costs_nothing(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, extra=PRICED)
    vendor.script.append(answer(200, {"code": 7}))
    await world.start(NUMBER)
    async with world.working():
        await eventually(lambda: gone(world))

    assert await spent(world) == {Budget.CODES: 0, Budget.NOTICES: 0}


async def test_each_copy_that_may_have_gone_out_is_paid_for(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, "first", weight=200, extra=PRICED)
    other_vendor.file(world.providers, "second", weight=100, extra=PRICED)
    vendor.script.append(answer(500, {}))
    await world.start(NUMBER)
    async with world.working():
        await eventually(lambda: gone(world))

    assert vendor.asked + other_vendor.asked == 2
    assert await spent(world) == {Budget.CODES: 2 * PRICE, Budget.NOTICES: 0}


@pytest.mark.rule("R36")
async def test_no_more_goes_out_than_there_is_money_for(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, extra=PRICED)
    await cap(world, Budget.CODES, 2 * PRICE + PRICE // 2)
    for number in range(5):
        await world.start(f"+849123456{number:02d}")
    async with world.working() as running:
        await eventually(lambda: len(vendor.received) == 2)
        await eventually(lambda: running.worker.oldest_age_seconds() > 1)

    assert vendor.copies.total() == 2
    assert await world.waiting() == 3
    assert await spent(world) == {Budget.CODES: 2 * PRICE, Budget.NOTICES: 0}


@pytest.mark.rule("R36")
async def test_a_lowered_cap_holds_from_the_next_message_on_and_a_raised_one_lets_what_waits_go(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, extra=PRICED)
    async with world.working() as running:
        await world.start(NUMBER)
        await eventually(lambda: len(vendor.received) == 1)
        await cap(world, Budget.CODES, PRICE)
        await world.start(OTHER_NUMBER)
        await eventually(lambda: running.worker.oldest_age_seconds() > 1)
        assert len(vendor.received) == 1
        await cap(world, Budget.CODES, -1)
        raised = time.monotonic()
        await world.start(THIRD_NUMBER)
        await eventually(lambda: recipients(vendor)[-1] == THIRD_NUMBER)
        fresh_seconds = time.monotonic() - raised
        await eventually(lambda: len(vendor.received) == 3, within=HELD_LOOKS_AGAIN)

    # What comes now need not wait for what was held: within half a second the worker asks for money again.
    assert fresh_seconds <= HELD_LOOKS_AGAIN.total_seconds()
    assert sorted(recipients(vendor)) == [NUMBER, OTHER_NUMBER, THIRD_NUMBER]


@pytest.mark.rule("R36")
async def test_notices_without_money_wait_while_codes_go_out(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, extra=PRICED)
    await cap(world, Budget.NOTICES, PRICE)
    await world.notice(NUMBER)
    await world.notice(OTHER_NUMBER)
    async with world.working() as running:
        await eventually(lambda: len(vendor.received) == 1)
        await eventually(lambda: running.worker.oldest_age_seconds() > 1)
        await world.start(THIRD_NUMBER)
        await eventually(lambda: len(vendor.received) == 2)

    assert recipients(vendor)[1] == THIRD_NUMBER
    assert await world.waiting() == 1
    assert await spent(world) == {Budget.CODES: PRICE, Budget.NOTICES: PRICE}


async def test_a_platform_without_money_takes_nothing_from_another(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, extra=PRICED)
    await cap(world, Budget.CODES, 0)
    await world.start(NUMBER)
    async with world.working():
        await world.start(OTHER_NUMBER, platform="shop")
        await eventually(lambda: vendor.received)

    assert recipients(vendor) == [OTHER_NUMBER]


async def cap(world: World, budget: Budget, vnd: int) -> None:
    await world.money.set_cap(PLATFORM, budget, vnd, "test", world.clock.now_ms(), actor="peer:cli")


async def spent(world: World) -> dict[Budget, int]:
    every = await world.money.spendings(world.clock.now_ms())
    return {each.budget: each.spent_vnd for each in every if each.platform == PLATFORM}


def recipients(vendor: FakeVendor) -> list[str]:
    return [f"+{message['to']}" for message in vendor.received]


async def gone(world: World) -> bool:
    return await world.waiting() == 0
