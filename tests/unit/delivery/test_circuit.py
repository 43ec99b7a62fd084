"""When a provider is left alone."""

from __future__ import annotations

import pytest

from xacthuc.circuit import FAILURES_TO_OPEN, FIRST_PAUSE_MS
from xacthuc.otp.delivery.domain.circuit import LONGEST_PAUSE_MS, Circuit

NOW_MS = 1_000_000


@pytest.fixture
def broken() -> Circuit:
    circuit = Circuit()
    for _ in range(FAILURES_TO_OPEN):
        circuit.failed(NOW_MS)
    return circuit


def test_a_few_failures_change_nothing() -> None:
    circuit = Circuit()
    for _ in range(FAILURES_TO_OPEN - 1):
        circuit.failed(NOW_MS)
    assert circuit.allows(NOW_MS)
    assert not circuit.open()


def test_failures_in_a_row_open_it_for_a_pause(broken: Circuit) -> None:
    assert broken.open()
    assert not broken.allows(NOW_MS + FIRST_PAUSE_MS - 1)
    assert broken.allows(NOW_MS + FIRST_PAUSE_MS)


def test_one_message_tries_it_while_the_others_wait(broken: Circuit) -> None:
    later = NOW_MS + FIRST_PAUSE_MS
    broken.trying(later)
    assert not broken.allows(later)


def test_a_success_closes_it(broken: Circuit) -> None:
    broken.succeeded()
    assert broken.allows(NOW_MS + FIRST_PAUSE_MS)
    assert not broken.open()


def test_the_pause_doubles_up_to_a_ceiling(broken: Circuit) -> None:
    for _ in range(20):
        broken.failed(NOW_MS)
    assert not broken.allows(NOW_MS + LONGEST_PAUSE_MS - 1)
    assert broken.allows(NOW_MS + LONGEST_PAUSE_MS)


def test_a_provider_is_left_alone_as_long_as_it_asks() -> None:
    circuit = Circuit()
    circuit.hold(NOW_MS, 5_000)
    assert not circuit.allows(NOW_MS + 4_999)
    assert circuit.allows(NOW_MS + 5_000)
