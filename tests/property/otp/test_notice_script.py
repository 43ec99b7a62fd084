"""The script that queues notices allows exactly what the pure budget of a number allows, in whatever order they come."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xacthuc.otp.adapters import layout
from xacthuc.otp.adapters.scripts import script
from xacthuc.otp.domain.notices import DAY_MS, MONTH_MS, NumberBudget
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.engine

START_MS = 1_795_402_800_000
NOTICE = script("notice")
# The store is made once for all examples; every example has a number of its own.
shared_fixtures = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

budgets = st.integers(1, 3).flatmap(
    lambda a_day: st.builds(NumberBudget, per_day=st.just(a_day), per_30_days=st.integers(a_day, 8))
)
pauses_ms = st.one_of(
    st.integers(-2_000, 2_000), st.integers(0, 2 * DAY_MS), st.integers(0, 40 * DAY_MS), st.just(DAY_MS)
)


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[Store]:
    store = await Store.connect(valkey_url)
    yield store
    await store.close()


async def queue(store: Store, number: str, budget: NumberBudget, now_ms: int) -> list[bytes]:
    notice = uuid.uuid4().hex
    keys = (layout.notice_key(7, notice), layout.delivery_key(7, bulk=True), number)
    of_the_notice = (notice, "forum", "sealed", "verification_due", "vi", "Forum", 90_000_000, 7, "viettel")
    of_the_budget = (budget.per_day, budget.per_30_days, DAY_MS, MONTH_MS)
    return await store.run(NOTICE, keys, (now_ms, 0, *of_the_notice, *of_the_budget))


@shared_fixtures
@given(budgets, st.lists(pauses_ms, max_size=25))
async def test_the_script_is_the_budget(store: Store, budget: NumberBudget, pauses: list[int]) -> None:
    number = layout.number_key(7, "forum", uuid.uuid4().hex)
    now_ms, remembered = START_MS, []
    for pause in pauses:
        now_ms += pause
        free_ms = budget.free_at_ms(remembered)
        reply = await queue(store, number, budget, now_ms)
        if free_ms > now_ms:
            assert reply == [b"L", str(free_ms).encode()]
        else:
            assert reply[0] == b"S"
            remembered = budget.after(remembered, now_ms)
        kept = await store.execute("HGET", number, "nt")
        assert [int(at) for at in (kept or b"").decode().split(",") if at] == remembered


async def test_what_a_number_was_sent_is_forgotten_after_thirty_days(store: Store) -> None:
    number = layout.number_key(7, "forum", uuid.uuid4().hex)
    await queue(store, number, NumberBudget(per_day=1, per_30_days=6), START_MS)

    assert MONTH_MS - 60_000 < await store.execute("PTTL", number) <= MONTH_MS
