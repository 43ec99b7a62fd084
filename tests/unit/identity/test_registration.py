"""What may be said at registration. The clock stands at 10:00 on 23 November 2026 in Vietnam."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from xacthuc.identity.domain.registration import CalendarDate, accept_time_fault, birth_date_fault, person_of
from xacthuc.policy import Policy

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def fault_field(year, month, day, now=NOW):
    fault = birth_date_fault(CalendarDate(year, month, day), now)
    return None if fault is None else fault.field


def test_an_ordinary_birth_date_is_accepted():
    assert fault_field(1990, 2, 28) is None


@pytest.mark.parametrize("given", [(2001, 2, 29), (1990, 4, 31), (1990, 2, 30)])
def test_a_day_that_the_calendar_does_not_have_is_refused(given):
    assert fault_field(*given) == "birth_date.day"


@pytest.mark.parametrize(
    ("given", "field"), [((2027, 1, 1), "year"), ((2026, 12, 1), "month"), ((2026, 11, 24), "day")]
)
def test_a_birth_date_in_the_future_names_the_part_that_is(given, field):
    assert fault_field(*given) == f"birth_date.{field}"


@pytest.mark.rule("R9")
def test_today_is_the_day_it_is_in_vietnam():
    one_in_the_morning_in_hanoi = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)

    assert fault_field(2026, 11, 24, one_in_the_morning_in_hanoi) is None


def test_an_age_beyond_any_known_life_is_refused():
    assert fault_field(1900, 1, 1) is None
    assert fault_field(1895, 11, 22) == "birth_date.year"


def test_a_consent_may_be_five_minutes_ahead_and_no_more():
    assert accept_time_fault(NOW + timedelta(minutes=5), NOW) is None
    assert accept_time_fault(NOW + timedelta(minutes=5, microseconds=1), NOW) is not None


@pytest.mark.rule("R10")
@pytest.mark.rule("R15")
def test_of_a_child_the_birth_date_alone_is_kept():
    policy = Policy.load()

    assert person_of("Lê Thị B", date(2010, 11, 24), policy, NOW).full_name == ""
    assert person_of("Lê Thị B", date(2010, 11, 23), policy, NOW).full_name == "Lê Thị B"


def test_a_person_does_not_print():
    assert "Lê" not in repr(person_of("Lê Thị B", date(1990, 1, 1), Policy.load(), NOW))
