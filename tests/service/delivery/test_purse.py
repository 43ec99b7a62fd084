"""A platform's money is spent once for each message, to the last dong and no further, whatever happens in between."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from xacthuc.otp.adapters.valkey_spending import ValkeySpending
from xacthuc.otp.delivery.adapters.valkey_purse import ValkeyPurse
from xacthuc.otp.delivery.ports import Charge
from xacthuc.otp.domain.spending import Budget
from xacthuc.policy import Policy
from xacthuc.policy.dates import DAY_MS, day_start_ms
from xacthuc.valkey import ScriptError, Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from xacthuc.policy.sending import Spend

pytestmark = pytest.mark.engine

MIDNIGHT = day_start_ms(20_780)
NOON = MIDNIGHT + DAY_MS // 2
COST = 300
SPEND = Policy.load().spend


def charge(token: str, cost: int = COST, *, bulk: bool = False, platform: str = "forum") -> Charge:
    return Charge(platform=platform, bulk=bulk, token=token, cost_vnd=cost)


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[Store]:
    store = await Store.connect(valkey_url)
    yield store
    await store.close()


@pytest.fixture
def money(store: Store) -> ValkeySpending:
    return ValkeySpending(store=store, spend=SPEND)


@pytest.fixture
def purse(store: Store) -> ValkeyPurse:
    return purse_of(store)


def purse_of(store: Store, spend: Spend = SPEND) -> ValkeyPurse:
    """A worker's own purse."""
    return ValkeyPurse(store=store, spend=spend, clock_tolerance_ms=0)


async def cap(money: ValkeySpending, vnd: int, budget: Budget = Budget.CODES) -> None:
    await money.set_cap("forum", budget, vnd, "test", NOON, actor="peer:cli")


async def spent(money: ValkeySpending, budget: Budget = Budget.CODES, now_ms: int = NOON) -> int:
    (one,) = [each for each in await money.spendings(now_ms) if each.budget is budget]
    return one.spent_vnd


async def test_a_charge_that_is_repeated_is_paid_once(purse: ValkeyPurse, money: ValkeySpending) -> None:
    for _ in range(3):
        assert await purse.take(charge("a"), NOON) is None

    assert await spent(money) == COST


async def test_a_charge_is_given_back_once(purse: ValkeyPurse, money: ValkeySpending) -> None:
    await purse.take(charge("a"), NOON)
    await purse.take(charge("b"), NOON)
    for _ in range(3):
        await purse.give_back(charge("a"), NOON)

    assert await spent(money) == COST


async def test_what_was_never_paid_is_not_given_back(purse: ValkeyPurse, money: ValkeySpending) -> None:
    await purse.take(charge("a"), NOON)
    await purse.give_back(charge("b"), NOON)

    assert await spent(money) == COST


async def test_a_request_that_was_not_made_can_be_paid_again(purse: ValkeyPurse, money: ValkeySpending) -> None:
    await purse.take(charge("a"), NOON)
    await purse.give_back(charge("a"), NOON)
    await purse.take(charge("a"), NOON)

    assert await spent(money) == COST


@pytest.mark.rule("R36")
async def test_sixteen_workers_at_the_cap_spend_exactly_the_cap(store: Store, money: ValkeySpending) -> None:
    await cap(money, 10 * COST)
    purses = [purse_of(store) for _ in range(16)]
    answers = await asyncio.gather(*(each.take(charge(f"t{n}"), NOON) for n, each in enumerate(purses)))

    assert answers.count(None) == 10
    assert await spent(money) == 10 * COST


async def test_who_is_refused_hears_of_the_next_midnight_in_vietnam(purse: ValkeyPurse, money: ValkeySpending) -> None:
    await cap(money, COST)
    await purse.take(charge("a"), NOON)

    assert await purse.take(charge("b"), NOON) == MIDNIGHT + DAY_MS


async def test_money_is_there_again_from_midnight_on(purse: ValkeyPurse, money: ValkeySpending) -> None:
    await cap(money, COST)
    await purse.take(charge("a"), NOON)
    assert await purse.take(charge("b"), MIDNIGHT + DAY_MS - 1) is not None

    assert await purse.take(charge("b"), MIDNIGHT + DAY_MS) is None
    assert await spent(money, now_ms=MIDNIGHT + DAY_MS) == COST


async def test_what_was_paid_before_midnight_is_no_money_of_the_next_day(
    purse: ValkeyPurse, money: ValkeySpending
) -> None:
    await purse.take(charge("a"), NOON)
    await purse.take(charge("b"), NOON + DAY_MS)
    await purse.give_back(charge("a"), NOON + DAY_MS)

    assert await spent(money, now_ms=NOON + DAY_MS) == COST


async def test_a_worker_whose_clock_is_behind_does_not_forget_what_was_spent_since_midnight(
    purse: ValkeyPurse, money: ValkeySpending
) -> None:
    await purse.take(charge("a"), MIDNIGHT + 500)
    await purse.take(charge("b"), MIDNIGHT - 500)

    assert await spent(money) == 2 * COST


async def test_a_worker_that_died_after_paying_leaves_its_charge_and_the_next_pays_for_its_own(
    store: Store, money: ValkeySpending
) -> None:
    """Nobody knows whether the first request went out, so it stays paid; the second is another request."""
    await cap(money, 2 * COST)
    await purse_of(store).take(charge("claim of the dead"), NOON)
    heir = purse_of(store)

    assert await heir.take(charge("claim of the heir"), NOON) is None
    assert await heir.take(charge("third"), NOON) is not None
    assert await spent(money) == 2 * COST


async def test_a_raised_cap_holds_for_the_very_next_message_and_so_does_a_lowered_one(
    purse: ValkeyPurse, money: ValkeySpending
) -> None:
    await cap(money, COST)
    await purse.take(charge("a"), NOON)
    assert await purse.take(charge("b"), NOON) is not None
    await cap(money, 2 * COST)
    assert await purse.take(charge("b"), NOON) is None
    await cap(money, 0)
    assert await purse.take(charge("c", cost=0), NOON) is not None
    await cap(money, -1)
    assert await purse.take(charge("c"), NOON) is None


@pytest.mark.rule("R36")
async def test_notices_never_spend_what_codes_need(purse: ValkeyPurse, money: ValkeySpending) -> None:
    await cap(money, COST, Budget.NOTICES)
    await purse.take(charge("a", bulk=True), NOON)

    assert await purse.take(charge("b", bulk=True), NOON) is not None
    assert await purse.take(charge("c"), NOON) is None
    assert (await spent(money), await spent(money, Budget.NOTICES)) == (COST, COST)


@pytest.mark.rule("R36")
async def test_all_platforms_together_spend_no_more_than_the_ceiling(store: Store, money: ValkeySpending) -> None:
    purse = purse_of(store, replace(SPEND, system_codes_per_day_vnd=5 * COST))
    platforms = ["forum", "video"] * 4
    answers = await asyncio.gather(
        *(purse.take(charge(f"t{n}", platform=platform), NOON) for n, platform in enumerate(platforms))
    )
    each = {one.platform: one.spent_vnd for one in await money.spendings(NOON) if one.budget is Budget.CODES}

    assert answers.count(None) == 5
    assert sum(each.values()) == 5 * COST, "what the ceiling refused was given back to its platform"


async def test_charges_are_forgotten_in_time_so_that_a_busy_day_does_not_fill_the_memory(
    store: Store, purse: ValkeyPurse
) -> None:
    await purse.take(charge("a"), NOON)
    kept = list(await store.execute("KEYS", "spend:*:c:*", key=""))

    assert len(kept) == 2
    assert all([0 < await store.execute("PTTL", key) <= 3_600_000 for key in kept])


async def test_a_worker_whose_clock_is_off_spends_nothing(store: Store, money: ValkeySpending) -> None:
    await cap(money, -1)
    with pytest.raises(ScriptError, match="CLOCK"):
        await ValkeyPurse(store=store, spend=SPEND).take(charge("a"), NOON)

    assert await spent(money) == 0
