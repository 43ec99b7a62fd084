"""A pace holds over any span of time, whatever is asked when and whatever the provider answers."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.otp.delivery.domain.pace import RECOVERY_SECONDS, SLOWEST_SHARE, Pace

PER_SECOND = st.floats(min_value=0.1, max_value=5000)
ROUNDING = 1e-6


@given(PER_SECOND, st.lists(st.floats(min_value=0, max_value=1), min_size=2, max_size=60))
def test_any_span_holds_at_most_the_pace_times_its_length_and_one_more(per_second, pauses):
    pace, now, slots = Pace(per_second), 0.0, []
    for pause in pauses:
        now += pause
        slots.append(now + pace.reserve(now))
    for first in range(len(slots)):
        for last in range(first, len(slots)):
            assert last - first + 1 <= per_second * (slots[last] - slots[first]) + 1 + ROUNDING * len(slots)


@given(PER_SECOND, st.lists(st.sampled_from(["ask", "throttled", "taken", "fewer", "more"]), max_size=80))
def test_no_answer_and_no_number_of_workers_makes_it_faster_than_promised(per_second, events):
    pace, now, slots, workers = Pace(per_second), 0.0, [], 1
    for event in events:
        now += 0.3 / per_second
        match event:
            case "ask":
                slots.append(now + pace.reserve(now))
            case "throttled":
                pace.slow_down(now)
            case "taken":
                pace.speed_up(now)
            case "fewer" | "more":
                workers = max(1, workers + (1 if event == "more" else -1))
                pace.share(workers)
    assert all(later - earlier >= 1 / per_second - ROUNDING for earlier, later in pairwise(slots))


@given(PER_SECOND, st.lists(st.floats(min_value=0, max_value=0.05), min_size=2, max_size=60))
def test_who_wakes_late_and_reserves_after_the_wait_gains_one_slot_at_the_most(per_second, delays):
    pace, now, sent = Pace(per_second), 0.0, []
    for delay in delays:
        now += pace.reserve(now) + delay
        sent.append(now)
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            assert last - first + 1 <= per_second * (sent[last] - sent[first]) + 2 + ROUNDING * len(sent)


@given(PER_SECOND, st.integers(min_value=1, max_value=50))
def test_workers_divide_the_pace(per_second, workers):
    pace = Pace(per_second)
    pace.share(workers)
    assert pace.gap_seconds == pytest.approx(workers / per_second)


def test_without_a_pace_nobody_waits():
    pace = Pace(0)
    pace.slow_down(1.0)
    assert [pace.reserve(1.0) for _ in range(100)] == [0.0] * 100


def test_refusals_of_one_moment_are_one_complaint():
    pace = Pace(100)
    for refused_at in (10.0, 10.1, 10.2, 10.9):
        pace.slow_down(refused_at)
    assert pace.gap_seconds == pytest.approx(2 / 100)


def test_complaints_that_go_on_slow_it_down_to_a_trickle_that_never_stops():
    pace = Pace(100)
    for second in range(60):
        pace.slow_down(float(second))
    assert pace.gap_seconds == pytest.approx(1 / (100 * SLOWEST_SHARE))


def test_it_comes_back_by_even_steps_while_messages_are_taken():
    pace = Pace(100)
    pace.slow_down(0.0)
    for tenth in range(1, 41):
        pace.speed_up(tenth / 10)
    assert pace.gap_seconds == pytest.approx(1 / (100 * (0.5 + 4 / RECOVERY_SECONDS)))


def test_a_silence_is_no_reason_to_hurry():
    pace = Pace(100)
    pace.slow_down(0.0)
    pace.speed_up(3600.0)
    assert pace.gap_seconds == pytest.approx(1 / (100 * (0.5 + 1 / RECOVERY_SECONDS)))
