"""Legal time in Vietnam: terms without their first day, and birthdays at local midnight."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from xacthuc.policy import VIETNAM_TIME, Policy, age_on, deadline, end_of_day, local_date
from xacthuc.policy.dates import day_number, day_start_ms, start_of_day


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy.load()


@pytest.mark.rule("R9")
@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        (date(2024, 12, 25), 90, date(2025, 3, 25)),
        (date(2024, 2, 28), 1, date(2024, 2, 29)),
        (date(2025, 12, 31), 1, date(2026, 1, 1)),
    ],
)
def test_a_term_leaves_out_the_day_of_the_event(start: date, days: int, last: date) -> None:
    assert deadline(start, days) == last


def test_a_term_of_no_days_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        deadline(date(2026, 1, 1), 0)


@pytest.mark.rule("R9")
def test_a_day_ends_at_midnight_in_vietnam() -> None:
    assert end_of_day(date(2025, 3, 25)) == datetime(2025, 3, 25, 17, 0, tzinfo=UTC)


@pytest.mark.rule("R9")
def test_the_day_is_vietnams_whatever_the_zone_of_the_instant() -> None:
    late = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)
    assert local_date(late) == local_date(late.astimezone(timezone(timedelta(hours=-8)))) == date(2026, 11, 22)
    assert local_date(late - timedelta(microseconds=1)) == date(2026, 11, 21)


def test_a_naive_instant_has_no_day() -> None:
    with pytest.raises(ValueError, match="aware"):
        local_date(datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake under test


def test_the_fixed_offset_is_the_zone_of_ho_chi_minh_city() -> None:
    try:
        zone = ZoneInfo("Asia/Ho_Chi_Minh")
    except ZoneInfoNotFoundError:
        pytest.skip("this machine has no time-zone database to compare with")
    for year in range(1976, 2061):
        for month in (1, 7):
            instant = datetime(year, month, 1, tzinfo=UTC)
            assert instant.astimezone(zone).utcoffset() == VIETNAM_TIME.utcoffset(None)


@pytest.mark.parametrize(
    ("birth", "today", "age"),
    [
        (date(2010, 11, 22), date(2026, 11, 21), 15),
        (date(2010, 11, 22), date(2026, 11, 22), 16),
        (date(2012, 2, 29), date(2027, 2, 28), 14),
        (date(2012, 2, 29), date(2027, 3, 1), 15),
        (date(2012, 2, 29), date(2028, 2, 28), 15),
        (date(2012, 2, 29), date(2028, 2, 29), 16),
        (date(2026, 11, 22), date(2026, 11, 22), 0),
    ],
)
def test_a_year_of_life_is_complete_on_the_birthday(birth: date, today: date, age: int) -> None:
    assert age_on(birth, today) == age


@pytest.mark.rule("R15")
@pytest.mark.rule("R22")
def test_a_child_is_one_until_local_midnight_of_the_sixteenth_birthday(policy: Policy) -> None:
    birthday = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)
    assert policy.is_child(date(2010, 11, 22), birthday - timedelta(microseconds=1))
    assert not policy.is_child(date(2010, 11, 22), birthday)


@pytest.mark.rule("R22")
@pytest.mark.parametrize("birth", [date(2010, 11, 22), date(2012, 2, 29), date(2011, 3, 1), date(2009, 12, 31)])
def test_independence_begins_exactly_where_childhood_ends(policy: Policy, birth: date) -> None:
    instant = policy.independent_from(birth)
    assert instant.utcoffset() == timedelta(0)
    assert not policy.is_child(birth, instant)
    assert policy.is_child(birth, instant - timedelta(microseconds=1))


@pytest.mark.rule("R24")
def test_age_comes_from_the_birth_date_alone(policy: Policy) -> None:
    parameters = policy.is_child.__annotations__
    assert set(parameters) == {"birth_date", "at", "return"}


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(1969, 12, 31, 17, 0, tzinfo=UTC), 0),
        (datetime(1970, 1, 1, 16, 59, 59, tzinfo=UTC), 0),
        (datetime(1970, 1, 1, 17, 0, tzinfo=UTC), 1),
        (datetime(2026, 11, 23, 3, 0, tzinfo=UTC), 20_780),
    ],
)
def test_days_are_counted_from_midnight_to_midnight_in_vietnam(at: datetime, day: int) -> None:
    at_ms = round(at.timestamp() * 1000)

    assert day_number(at_ms) == day
    assert day_start_ms(day) <= at_ms < day_start_ms(day + 1)
    assert datetime.fromtimestamp(day_start_ms(day) / 1000, UTC) == start_of_day(local_date(at))
