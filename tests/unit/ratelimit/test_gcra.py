"""The arithmetic on examples a person can follow; the property tests do the rest."""

from __future__ import annotations

import pytest

from xacthuc.ratelimit import gcra
from xacthuc.ratelimit.gcra import FOREVER_MS, HOUR_MS, Cause, Refusal, Rule, State

NOW_MS = 1_795_402_800_000
DAY_MS = 24 * HOUR_MS
PER_NUMBER = Rule(quantity=1, period_ms=DAY_MS, burst=4, sent_cap=5)
PER_ADDRESS = Rule(quantity=20, period_ms=HOUR_MS, burst=20, scale_permille=2000)


def spent(state: State, rule: Rule, times: int, now_ms: int = NOW_MS) -> State:
    for _ in range(times):
        outcome = gcra.spend(state, rule, 1, now_ms)
        assert isinstance(outcome, State)
        state = outcome
    return state


def refused(state: State, rule: Rule, now_ms: int = NOW_MS) -> Refusal:
    outcome = gcra.spend(state, rule, 1, now_ms)
    assert isinstance(outcome, Refusal)
    return outcome


def test_a_burst_passes_and_the_next_waits_for_one_interval() -> None:
    state = spent(State(), PER_NUMBER, 4)
    assert Refusal(Cause.RATE, NOW_MS + DAY_MS) == refused(state, PER_NUMBER)


def test_the_permit_is_there_at_the_millisecond_that_was_told() -> None:
    state = spent(State(), PER_NUMBER, 4)
    assert isinstance(gcra.spend(state, PER_NUMBER, 1, NOW_MS + DAY_MS), State)
    assert isinstance(gcra.spend(state, PER_NUMBER, 1, NOW_MS + DAY_MS - 1), Refusal)


def test_rest_earns_no_more_than_the_burst() -> None:
    state = spent(State(), PER_NUMBER, 4)
    rested = spent(state, PER_NUMBER, 4, NOW_MS + 30 * DAY_MS)
    assert refused(rested, PER_NUMBER, NOW_MS + 30 * DAY_MS).cause is Cause.RATE


def test_successes_raise_what_an_address_may_send() -> None:
    state = spent(State(), PER_ADDRESS, 20)
    refused(state, PER_ADDRESS)
    for _ in range(20):
        state = gcra.verify(state, PER_ADDRESS, NOW_MS, NOW_MS)
    # 20 successes make 20 + 2 x 20 an hour, of which 20 are spent.
    state = spent(state, PER_ADDRESS, 40)
    refused(state, PER_ADDRESS)


def test_an_address_whose_people_succeed_is_never_cut_off() -> None:
    state, now_ms = State(), NOW_MS
    for _ in range(10):
        for _ in range(10):
            state = spent(state, PER_ADDRESS, 1, now_ms)
        for _ in range(6):
            state = gcra.verify(state, PER_ADDRESS, now_ms, now_ms)
        now_ms += 1000


def test_successes_count_for_this_hour_and_the_next() -> None:
    state = gcra.verify(State(), PER_ADDRESS, NOW_MS, NOW_MS)
    hours = [gcra.spend(state, PER_ADDRESS, 1, NOW_MS + hours * HOUR_MS) for hours in range(3)]
    assert [(after.verified, after.verified_before) for after in hours if isinstance(after, State)] == [
        (1, 0),
        (0, 1),
        (0, 0),
    ]


def test_a_success_told_late_counts_for_the_hour_it_happened_in() -> None:
    hour_ms = NOW_MS // HOUR_MS * HOUR_MS
    state = gcra.verify(State(), PER_ADDRESS, hour_ms - 1, hour_ms)
    assert (state.verified, state.verified_before) == (0, 1)


def test_five_sends_in_any_24_hours_hold_although_the_rate_would_allow_a_sixth() -> None:
    rule = Rule(quantity=24, period_ms=DAY_MS, burst=24, sent_cap=5)
    hour_ms = NOW_MS // HOUR_MS * HOUR_MS
    state = spent(State(), rule, 5, hour_ms)
    assert Refusal(Cause.DAY, hour_ms + 25 * HOUR_MS) == refused(state, rule, hour_ms + DAY_MS - 1)


def test_the_tenth_wrong_check_of_a_day_closes_the_account() -> None:
    rule = Rule(quantity=8, period_ms=DAY_MS, burst=8, wrong_cap=10)
    state = State()
    for _ in range(9):
        state = gcra.wrong(state, NOW_MS, NOW_MS)
    assert isinstance(gcra.spend(state, rule, 1, NOW_MS), State)
    assert refused(gcra.wrong(state, NOW_MS, NOW_MS), rule).cause is Cause.WRONG


def test_a_bar_refuses_until_its_time() -> None:
    state = State(barred_until_ms=NOW_MS + 1000)
    assert Refusal(Cause.BARRED, NOW_MS + 1000) == refused(state, PER_NUMBER)
    assert isinstance(gcra.spend(state, PER_NUMBER, 1, NOW_MS + 1000), State)


def test_a_kill_switch_names_no_time() -> None:
    assert Refusal(Cause.BARRED, None) == refused(State(barred_until_ms=FOREVER_MS), PER_NUMBER)


def test_an_interval_is_rounded_against_the_caller() -> None:
    assert Rule(quantity=7, period_ms=1, burst=1).interval_us(0) == 143


@pytest.mark.parametrize(
    "numbers",
    [
        {"quantity": 0, "period_ms": 1, "burst": 1},
        {"quantity": 1, "period_ms": 0, "burst": 1},
        {"quantity": 1, "period_ms": 1, "burst": 0},
        {"quantity": 1, "period_ms": 1, "burst": 1, "sent_cap": -1},
        {"quantity": 1, "period_ms": DAY_MS, "burst": 105},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_when_it_is_made(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="limit"):
        Rule(**numbers)
