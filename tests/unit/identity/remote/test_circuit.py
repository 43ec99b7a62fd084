"""Who fails again and again is left alone for a while, and found again."""

from __future__ import annotations

import pytest

from xacthuc.circuit import FAILURES_TO_OPEN
from xacthuc.identity.adapters.remote.circuit import LONGEST_HOLD_MS, LONGEST_PAUSE_MS, Circuit

NOW = 1_000_000


@pytest.fixture
def failing() -> Circuit:
    circuit = Circuit()
    for _ in range(FAILURES_TO_OPEN):
        circuit.failed(NOW)
    return circuit


def test_a_failure_now_and_then_closes_nothing() -> None:
    circuit = Circuit()
    for _ in range(3):
        for _ in range(FAILURES_TO_OPEN - 1):
            circuit.failed(NOW)
        circuit.succeeded()
    assert circuit.enter(NOW) == 0


def test_five_failures_in_a_row_make_a_pause(failing: Circuit) -> None:
    assert (failing.enter(NOW), failing.enter(NOW + 1_999)) == (2_000, 1)


def test_one_trial_ends_the_pause_and_the_others_wait_for_it(failing: Circuit) -> None:
    assert failing.enter(NOW + 2_000) == 0
    assert failing.enter(NOW + 2_000) > 0
    failing.succeeded()
    assert failing.enter(NOW + 2_000) == 0


def test_a_trial_of_which_nothing_is_heard_does_not_close_for_ever(failing: Circuit) -> None:
    failing.enter(NOW + 2_000)
    assert failing.enter(NOW + 2_000 + LONGEST_PAUSE_MS) == 0


def test_each_failed_trial_doubles_the_pause_up_to_a_minute(failing: Circuit) -> None:
    pauses, now = [], NOW
    for _ in range(7):
        now += failing.wait_ms(now)
        failing.enter(now)
        failing.failed(now)
        pauses.append(failing.wait_ms(now))
    assert pauses == [4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]


def test_a_wish_to_be_left_alone_is_respected_within_reason() -> None:
    circuit = Circuit()
    circuit.hold(NOW, 40_000)
    assert circuit.enter(NOW) == 40_000
    circuit.hold(NOW, 10**12)
    assert circuit.enter(NOW) == LONGEST_HOLD_MS
