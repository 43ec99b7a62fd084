"""The scripts over a platform's money decide and remember exactly what the pure arithmetic says, in whatever order."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xacthuc.otp.adapters.valkey_spending import ValkeySpending
from xacthuc.otp.delivery.adapters.valkey_purse import ValkeyPurse
from xacthuc.otp.delivery.ports import Charge
from xacthuc.otp.domain.spending import Budget, Spending
from xacthuc.policy import Policy
from xacthuc.policy.dates import DAY_MS, day_number, day_start_ms
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.engine

MIDNIGHT = day_start_ms(20_780)
UNCAPPED = replace(Policy.load().spend, system_codes_per_day_vnd=-1, system_notices_per_day_vnd=-1)
# The fixtures are made once for all examples; every example spends from a platform of its own.
shared_fixtures = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

costs = st.sampled_from([0, 1, 300, 500, 900])
tokens = st.sampled_from(["a", "b", "c", "d", "e", "f"])
pauses_ms = st.one_of(st.just(0), st.integers(-2_000, 2_000), st.integers(0, 2 * DAY_MS))
steps = st.one_of(
    st.tuples(st.just("take"), tokens, costs),
    st.tuples(st.just("take"), tokens, costs),
    st.tuples(st.just("give_back"), tokens, st.just(0)),
    st.tuples(st.just("cap"), st.just(""), st.sampled_from([-1, 0, 900, 2_000])),
)


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[Store]:
    store = await Store.connect(valkey_url)
    yield store
    await store.close()


@shared_fixtures
@given(st.booleans(), st.lists(st.tuples(pauses_ms, steps), max_size=30))
async def test_the_scripts_are_the_arithmetic(store: Store, bulk: bool, course: list) -> None:
    platform, budget = uuid.uuid4().hex, Budget.NOTICES if bulk else Budget.CODES
    purse = ValkeyPurse(store=store, spend=UNCAPPED, clock_tolerance_ms=0)
    money = ValkeySpending(store=store, spend=UNCAPPED)
    model, charges = Spending(platform=platform, budget=budget, cap_vnd=-1, day=0), {}
    now = MIDNIGHT
    for pause, (step, token, amount) in course:
        now += pause
        today = day_number(now)
        charge = Charge(platform=platform, bulk=bulk, token=token, cost_vnd=amount)
        if step == "cap":
            await money.set_cap(platform, budget, amount, "test", now, actor="peer:cli")
            model = replace(model, cap_vnd=amount)
        elif step == "give_back":
            await purse.give_back(charge, now)
            day, cost = charges.pop(token, (-1, 0))
            if day == model.day:
                model = replace(model, spent_vnd=model.spent_vnd - cost)
        elif token in charges:
            assert await purse.take(charge, now) is None
        else:
            model = model.on(today)
            answer = await purse.take(charge, now)
            assert answer == (None if model.pays(amount) else day_start_ms(today + 1))
            if model.pays(amount):
                charges[token] = (model.day, amount)
            model = model.asked(amount)
        (seen,) = [
            each for each in await money.spendings(now) if (each.platform, each.budget) == (platform, budget)
        ] or [model.on(today)]
        assert seen == model.on(today)
