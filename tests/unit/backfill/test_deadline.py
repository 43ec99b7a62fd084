"""The last day of a transition, as the Civil Code counts it and as it was announced."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.backfill.domain.deadline import Deadline
from xacthuc.policy import Policy

POLICY = Policy.load()
DECREE_147 = Deadline.of(POLICY)


@pytest.mark.rule("R8")
def test_the_transition_of_decree_147_is_over():
    assert (DECREE_147.last_day, DECREE_147.cautious_last_day) == (date(2025, 3, 25), date(2025, 3, 24))
    assert DECREE_147.is_over(datetime(2026, 11, 28, tzinfo=UTC))
    assert DECREE_147.days_left(datetime(2026, 11, 28, tzinfo=UTC)) == 0


@pytest.mark.rule("R9")
def test_it_ends_at_midnight_in_vietnam():
    assert DECREE_147.end == datetime(2025, 3, 25, 17, tzinfo=UTC)
    assert not DECREE_147.is_over(DECREE_147.end - timedelta(microseconds=1))
    assert DECREE_147.is_over(DECREE_147.end)


def test_another_law_has_a_term_of_its_own():
    found = Deadline.of(POLICY, date(2026, 8, 19))

    assert (found.days, found.last_day, found.cautious_last_day) == (90, date(2026, 11, 17), date(2026, 11, 16))


def test_today_in_vietnam_is_a_day_that_is_left():
    last_day = datetime(2025, 3, 23, 17, tzinfo=UTC)  # 00:00 of 24 March there

    assert DECREE_147.days_left(last_day) == 1
    assert DECREE_147.days_left(last_day - timedelta(seconds=1)) == 2
    assert DECREE_147.days_left(last_day + timedelta(days=1)) == 0


def test_a_term_has_a_day_at_least():
    with pytest.raises(ValueError, match="at least one day"):
        Deadline.of(POLICY, date(2026, 8, 19), 0)


@pytest.mark.rule("R9")
@given(start=st.dates(date(2024, 1, 1), date(2100, 1, 1)), days=st.integers(1, 400))
def test_the_first_day_is_left_out_and_the_cautious_reading_is_never_later(start: date, days: int) -> None:
    found = Deadline.of(POLICY, start, days)

    assert (found.last_day - start).days == days
    assert start <= found.cautious_last_day < found.last_day
    assert found.end - found.cautious_end == timedelta(days=1)
    assert found.days_left(found.cautious_end - timedelta(microseconds=1)) == 1
    assert found.days_left(found.cautious_end) == 0
