"""How often one number may be sent notices, in any day and in any thirty."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xacthuc.otp.domain.notices import DAY_MS, MONTH_MS, NumberBudget
from xacthuc.policy import Policy

NOW = 1_795_402_800_000
BUDGET = NumberBudget(per_day=1, per_30_days=6)
pauses_ms = st.one_of(st.integers(0, 2 * DAY_MS), st.integers(0, 40 * DAY_MS), st.just(DAY_MS))
budgets = st.integers(1, 3).flatmap(
    lambda a_day: st.builds(NumberBudget, per_day=st.just(a_day), per_30_days=st.integers(a_day, 8))
)


def test_a_number_that_was_sent_nothing_is_free() -> None:
    assert BUDGET.free_at_ms([]) == 0


def test_a_second_notice_waits_until_a_day_is_over() -> None:
    assert BUDGET.free_at_ms([NOW]) == NOW + DAY_MS


def test_a_seventh_waits_until_the_first_is_thirty_days_old() -> None:
    sent = [NOW + day * 2 * DAY_MS for day in range(6)]

    assert BUDGET.free_at_ms(sent) == NOW + MONTH_MS


@given(budgets, st.lists(pauses_ms, max_size=60))
def test_no_window_ever_holds_more_than_its_cap(budget: NumberBudget, pauses: list[int]) -> None:
    now, remembered, sent = NOW, [], []
    for pause in pauses:
        now += pause
        if budget.free_at_ms(remembered) <= now:
            remembered = budget.after(remembered, now)
            sent.append(now)
    for at in sent:
        assert sum(at - DAY_MS < other <= at for other in sent) <= budget.per_day
        assert sum(at - MONTH_MS < other <= at for other in sent) <= budget.per_30_days
    assert len(remembered) <= budget.per_30_days


def test_the_policy_asks_for_no_more_than_one_a_day_and_six_in_thirty() -> None:
    assert NumberBudget.of(Policy.load().bulk) == BUDGET
