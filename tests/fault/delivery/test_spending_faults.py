"""Money is neither lost nor spent twice when workers die or the store falls silent in the middle of a payment."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from delivery_world import PLATFORM, SOON, Eventually, World
from fake_vendor import FakeVendor, slowly

from xacthuc.otp.adapters.valkey_spending import ValkeySpending
from xacthuc.otp.delivery.adapters.valkey_purse import ValkeyPurse
from xacthuc.otp.delivery.ports import Charge
from xacthuc.otp.domain.spending import Budget
from xacthuc.policy import Policy
from xacthuc.policy.dates import day_start_ms
from xacthuc.valkey import Store, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from xacthuc.embedded import Valkey

pytestmark = pytest.mark.engine

PRICE = 800
PRICED = f"""
[cost_vnd]
other = {PRICE}
"""
ROUNDS = 30 if os.environ.get("XACTHUC_SOAK") else 2
CODES = 40
AFFORDED = 30
NOON = day_start_ms(20_780) + 43_200_000
SPEND = Policy.load().spend


@pytest.fixture
async def store(own_valkey: Valkey) -> AsyncIterator[Store]:
    store = await Store.connect(own_valkey.url, timeout_seconds=0.2)
    yield store
    await store.close()


async def test_a_worker_that_dies_with_a_request_open_has_paid_for_it_and_its_heir_pays_for_another(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, extra=PRICED)
    vendor.script.append(slowly(30))
    await world.start()
    with world.process() as process:
        await eventually(lambda: vendor.asked == 1, within=SOON)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with world.process():
        await eventually(lambda: nothing_waits(world), within=SOON)

    assert vendor.asked == 2
    assert await spent(world.money, world.clock.now_ms()) == 2 * PRICE


@pytest.mark.rule("R36")
async def test_whenever_workers_die_no_request_is_made_unpaid_and_none_beyond_the_cap(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, extra=PRICED)
    vendor.otherwise = slowly(0.03)
    await world.money.set_cap(
        PLATFORM, Budget.CODES, AFFORDED * ROUNDS * PRICE, "test", world.clock.now_ms(), actor="peer:cli"
    )
    for round_ in range(ROUNDS):
        with world.process() as process:
            for number in range(CODES):
                await world.start(f"+84912{round_:02d}{number:04d}")
            await asyncio.sleep(random.uniform(0, 0.15))  # the moment of death is the thing tried
            process.send_signal(signal.SIGKILL)
            process.wait()
    with world.process():
        await eventually(lambda: broke(world), within=SOON)

    assert vendor.asked <= AFFORDED * ROUNDS
    assert vendor.asked * PRICE <= await spent(world.money, world.clock.now_ms()) <= AFFORDED * ROUNDS * PRICE


async def test_a_payment_whose_answer_was_lost_is_repeated_without_being_made_twice(
    own_valkey: Valkey, store: Store
) -> None:
    purse, money = ValkeyPurse(store=store, spend=SPEND, clock_tolerance_ms=0), ValkeySpending(store=store, spend=SPEND)
    await purse.take(charge("first"), NOON)
    with suspended(own_valkey):
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await purse.take(charge("lost"), NOON)
    await insist(purse, charge("lost"))

    assert await spent(money, NOON) == 2 * PRICE


async def test_a_repayment_whose_answer_was_lost_is_repeated_without_being_made_twice(
    own_valkey: Valkey, store: Store
) -> None:
    purse, money = ValkeyPurse(store=store, spend=SPEND, clock_tolerance_ms=0), ValkeySpending(store=store, spend=SPEND)
    await purse.take(charge("kept"), NOON)
    await purse.take(charge("lost"), NOON)
    with suspended(own_valkey):
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await purse.give_back(charge("lost"), NOON)
    await insist(purse, charge("kept"))
    await purse.give_back(charge("lost"), NOON)

    assert await spent(money, NOON) == PRICE


def charge(token: str) -> Charge:
    return Charge(platform=PLATFORM, bulk=False, token=token, cost_vnd=PRICE)


async def insist(purse: ValkeyPurse, wanted: Charge) -> None:
    """Pays as the courier does: again and again until the store has answered."""
    for _ in range(100):
        with suppress(StoreUnavailable):
            assert await purse.take(wanted, NOON) is None
            return
        await asyncio.sleep(0.05)
    pytest.fail("the store does not come back")


async def spent(money: ValkeySpending, now_ms: int) -> int:
    (codes,) = [each for each in await money.spendings(now_ms) if each.budget is Budget.CODES]
    return codes.spent_vnd


@contextmanager
def suspended(store: Valkey) -> Iterator[None]:
    """Lets the server hear and not answer."""
    assert store.process is not None
    store.process.send(signal.SIGSTOP)
    try:
        yield
    finally:
        store.process.send(signal.SIGCONT)


async def broke(world: World) -> bool:
    """Whether the last worker sent what could be paid: all that is left cannot be."""
    left = AFFORDED * ROUNDS * PRICE - await spent(world.money, world.clock.now_ms())
    return left < PRICE or await nothing_waits(world)


async def nothing_waits(world: World) -> bool:
    return await world.waiting() == 0
