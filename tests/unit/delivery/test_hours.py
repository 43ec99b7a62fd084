"""Notices keep to the hours of the day in Vietnam, whatever the clock of the machine says."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.policy import VIETNAM_TIME, Policy
from xacthuc.policy.hours import Hours

DAYTIME = Hours.of("08:00-20:00")
instants_ms = st.integers(1_767_225_600_000, 1_893_456_000_000)


def at(text: str) -> int:
    """An instant in Vietnam, in ms since the epoch."""
    return round(datetime.fromisoformat(text).replace(tzinfo=VIETNAM_TIME).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "open_"),
    [
        ("2026-11-23T07:59:59.999", False),
        ("2026-11-23T08:00:00.000", True),
        ("2026-11-23T19:59:59.999", True),
        ("2026-11-23T20:00:00.000", False),
        ("2026-11-23T00:00:00.000", False),
    ],
)
def test_they_open_at_the_first_minute_and_close_at_the_last(now: str, open_: bool) -> None:
    assert DAYTIME.open_at(at(now)) is open_


@given(instants_ms)
def test_the_whole_day_is_always_open(now_ms: int) -> None:
    assert Hours.of("00:00-24:00").open_at(now_ms)


def test_the_policy_s_hours_lie_within_those_of_advertisements() -> None:
    """Decree 91/2020/NĐ-CP Art. 13-16 allow 07:00 to 22:00; a notice is none, and keeps further from both ends."""
    hours = Hours.of(Policy.load().bulk.hours)

    assert not hours.open_at(at("2026-11-23T06:59"))
    assert not hours.open_at(at("2026-11-23T22:01"))
    assert hours.open_at(at("2026-11-23T12:00"))
