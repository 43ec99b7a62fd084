"""Violations add up to locks as a model says that knows nothing but days and looks at every one of them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xacthuc.identity.domain.violations import (
    Violation,
    due,
    expire_time,
    is_permanent_called_for,
    is_permanent_proposed,
    still_due,
)
from xacthuc.policy import Policy
from xacthuc.policy.sections import Locks

RULES = Policy.load().locks
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
START = datetime(2026, 1, 1, tzinfo=UTC)
TIMES = st.integers(min_value=0, max_value=200 * 1440).map(lambda minutes: START + timedelta(minutes=minutes))
"""Over 200 days, so that windows open and close."""

small_rules = st.builds(
    Locks,
    frequent_count=st.integers(1, 4),
    frequent_days=st.integers(1, 20),
    repeated_count=st.integers(2, 6),
    repeated_days=st.integers(20, 60),
    temporary_days=st.integers(7, 30),
    permanent_from=st.integers(1, 4),
    decision_hours=st.just(24),
    proposal_days=st.just(30),
    by_number_and_person=st.just(value=True),
)


def day(time):
    return time.astimezone(VIETNAM).date()


def naively_due(times, rules):
    """Whether on some day so many of them count: each does on its own day and for as many days more as the rule has."""
    days = [day(time) for time in times]
    every = {day(START) + timedelta(days=each) for each in range(-1, 300)}
    return any(
        sum(each <= today <= each + timedelta(days=term) for each in days) >= count
        for count, term in ((rules.frequent_count, rules.frequent_days), (rules.repeated_count, rules.repeated_days))
        for today in every
    )


def counted(violations, rules):
    """Records violations one by one, as the adapter does; returns them with the locks they were counted for."""
    kept = []
    for number, time in enumerate(violations):
        kept.append(Violation(number, time, None))
        if found := due(kept, rules):
            lock_id = f"lock {number}"
            kept = [each._replace(lock_id=lock_id) if each.id in found.spent else each for each in kept]
    return kept


@pytest.mark.rule("R46")
@given(st.lists(TIMES, max_size=14), small_rules)
def test_a_lock_is_due_exactly_when_on_some_day_enough_unspent_ones_count(times, rules):
    found = due([Violation(number, time, None) for number, time in enumerate(times)], rules)

    assert (found is not None) == naively_due(times, rules)
    if found is not None:
        assert naively_due([times[each] for each in found.spent], rules)


@pytest.mark.rule("R46")
@given(st.lists(TIMES, max_size=14), small_rules)
def test_each_violation_is_counted_once_and_what_is_left_is_never_enough(times, rules):
    kept = counted(times, rules)
    sizes = Counter(each.lock_id for each in kept if each.lock_id)

    assert not naively_due([each.violate_time for each in kept if each.lock_id is None], rules)
    assert all(size >= min(rules.frequent_count, rules.repeated_count) for size in sizes.values())
    for lock_id in sizes:
        assert naively_due([each.violate_time for each in kept if each.lock_id == lock_id], rules)


@pytest.mark.rule("R46")
@given(st.lists(TIMES, max_size=14), small_rules, st.data())
def test_a_lock_stands_after_a_withdrawal_only_while_enough_others_carry_it(times, rules, data):
    kept = counted(times, rules)
    spent = [each for each in kept if each.lock_id]
    if not spent:
        return
    withdrawn = data.draw(st.sampled_from(spent))
    left = [each for each in kept if each.id != withdrawn.id]
    free = [each.violate_time for each in left if each.lock_id in {None, withdrawn.lock_id}]

    assert (still_due(left, withdrawn.lock_id, rules) is not None) == naively_due(free, rules)


@pytest.mark.rule("R46")
@pytest.mark.rule("R9")
@pytest.mark.parametrize(("apart", "locked"), [(30, True), (31, False)])
def test_five_lock_within_thirty_days_of_vietnam_that_leave_out_the_first(apart, locked):
    late = datetime(2026, 3, 1, 23, 59, tzinfo=VIETNAM)
    end = (late + timedelta(days=apart)).replace(hour=0, minute=1)
    four = [Violation(number, late, None) for number in range(4)]

    assert (due([*four, Violation(4, end, None)], RULES) is not None) is locked


@pytest.mark.rule("R46")
def test_ten_in_ninety_days_lock_where_five_never_came_close_enough():
    spaced = [Violation(number, START + timedelta(days=10 * number), None) for number in range(10)]

    assert due(spaced[:9], RULES) is None
    assert due(spaced, RULES).days == 90


@pytest.mark.rule("R46")
@pytest.mark.rule("R9")
def test_a_lock_ends_with_its_last_day_in_vietnam():
    begun = datetime(2026, 3, 1, 23, 30, tzinfo=VIETNAM)

    assert expire_time(begun, RULES) == datetime(2026, 3, 9, tzinfo=VIETNAM)


@pytest.mark.rule("R46")
@settings(max_examples=30)
@given(st.integers(min_value=1, max_value=5))
def test_from_the_third_lock_on_a_permanent_one_is_proposed(locks):
    times = [START + timedelta(days=40 * lock + number) for lock in range(locks) for number in range(5)]
    kept = counted(times, RULES)
    last = max(each.lock_id for each in kept if each.id == kept[-1].id)

    assert len({each.lock_id for each in kept}) == locks
    assert is_permanent_proposed(kept, last, RULES) is (locks >= 3)
    assert is_permanent_called_for(kept, RULES) is (locks >= 3)
    assert is_permanent_called_for([each for each in kept if each.lock_id != last], RULES) is (locks > 3)


@pytest.mark.rule("R46")
@given(st.lists(st.booleans(), max_size=4))
def test_one_order_of_national_security_that_stands_bears_a_proposal_out(secret):
    kept = [Violation(number, START, None, each) for number, each in enumerate(secret)]

    assert is_permanent_called_for(kept, RULES) is any(secret)
