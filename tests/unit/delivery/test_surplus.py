"""Notices get what codes leave of a pace."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xacthuc.otp.delivery.domain.surplus import NOTICES_SHARE, Surplus


def test_a_provider_without_a_pace_has_room_for_everybody() -> None:
    surplus = Surplus(0)
    for _ in range(10_000):
        surplus.asked(1.0)

    assert surplus.left(1.0, workers=4)


def test_a_second_full_of_codes_leaves_nothing() -> None:
    surplus = Surplus(10)
    for code in range(10):
        surplus.asked(code / 10)

    assert not surplus.left(0.95, workers=1)


def test_what_codes_do_not_use_is_left_to_notices() -> None:
    surplus = Surplus(10)
    for code in range(4):
        surplus.asked(code / 10)

    assert surplus.left(0.5, workers=1)


def test_a_share_is_what_the_workers_divide() -> None:
    surplus = Surplus(10)
    for code in range(4):
        surplus.asked(code / 10)

    assert not surplus.left(0.5, workers=3)


def test_a_quiet_second_lets_a_notice_through_however_slow_the_pace() -> None:
    surplus = Surplus(0.5)

    assert surplus.left(0.0, workers=8)
    surplus.asked(0.0)
    assert not surplus.left(0.9, workers=8)
    assert surplus.left(1.1, workers=8)


@given(
    per_second=st.floats(2, 200),
    asks=st.lists(st.tuples(st.floats(0, 0.05), st.booleans()), max_size=400),
)
def test_notices_never_take_the_last_tenth_of_a_pace(per_second: float, asks: list[tuple[float, bool]]) -> None:
    surplus, now, asked = Surplus(per_second), 0.0, []
    for gap, code in asks:
        now += gap
        if code or surplus.left(now, workers=1):
            surplus.asked(now)
            asked.append((now, code))
            if not code:
                assert sum(at > now - 1 for at, _ in asked) <= max(1, NOTICES_SHARE * per_second)
