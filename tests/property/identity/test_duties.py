"""By when demands are acknowledged and answered, and breaches told (R51, R52)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.identity.domain.cases import Case, CaseKind, closed
from xacthuc.identity.domain.cases import due as case_due
from xacthuc.identity.domain.duties import (
    Breach,
    Demand,
    Draft,
    Misstep,
    Step,
    advanced,
    breach_due,
    notice,
    opened,
    working_days_after,
)
from xacthuc.policy import Policy
from xacthuc.policy.dates import local_date

POLICY = Policy.load()
FRIDAY = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
"""17:00 in Vietnam."""
days = st.dates(date(2026, 1, 1), date(2030, 1, 1))
instants = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
steps = st.lists(st.tuples(st.sampled_from(Step), st.integers(0, 30)), max_size=8)


def demand(kind=Demand.ACCESS, received=FRIDAY, *, elsewhere=False):
    return opened("forum", "r", "an", kind, received, elsewhere=elsewhere, policy=POLICY)


@pytest.mark.rule("R51")
@given(days, st.integers(0, 10), st.sets(days, max_size=10))
def test_a_term_of_working_days_ends_on_one_and_holds_as_many(start, wanted, holidays):
    end = working_days_after(start, wanted, holidays)

    between = [start + timedelta(days=number + 1) for number in range((end - start).days)]
    working = [day for day in between if day.weekday() < 5 and day not in holidays]
    assert len(working) == wanted
    assert end == (working[-1] if working else start)


@pytest.mark.rule("R51")
def test_a_demand_of_friday_is_acknowledged_until_tuesday_midnight_in_vietnam():
    assert demand().acknowledge_due_time == datetime(2026, 12, 1, 17, 0, tzinfo=UTC)


@pytest.mark.rule("R51")
def test_a_holiday_of_the_policy_is_no_working_day():
    eve = datetime(2026, 12, 30, 3, 0, tzinfo=UTC)  # Wednesday; 1 January 2027 is a Friday

    assert local_date(demand(received=eve).acknowledge_due_time - timedelta(seconds=1)) == date(2027, 1, 4)


@pytest.mark.rule("R51")
@pytest.mark.parametrize(
    ("kind", "elsewhere", "wanted"),
    [
        (Demand.ACCESS, False, 10),
        (Demand.CORRECT, True, 10),
        (Demand.ERASE, False, 20),
        (Demand.WITHDRAW, False, 15),
        (Demand.RESTRICT, False, 15),
        (Demand.OBJECT, True, 20),
    ],
)
def test_each_demand_has_its_days_without_the_first(kind, elsewhere, wanted):
    due = demand(kind, elsewhere=elsewhere).due_time

    assert local_date(due - timedelta(seconds=1)) == date(2026, 11, 27) + timedelta(days=wanted)


@pytest.mark.rule("R51")
@given(instants, steps)
def test_whatever_is_done_a_demand_is_extended_once_and_ends_once(received, taken):
    request, now = demand(received=received), received
    for step, later in taken:
        now += timedelta(days=later)
        after = advanced(request, step, "Art. 1", POLICY, now)
        if request.end_time is not None:
            assert after is Misstep.ENDED
        elif isinstance(after, Misstep):
            assert (after, step) == (Misstep.EXTENDED, Step.EXTEND)
        else:
            assert after.acknowledge_time is not None
            request = after

    assert request.due_time - demand(received=received).due_time in {timedelta(0), timedelta(days=15)}


@pytest.mark.rule("R51")
@pytest.mark.parametrize("step", [Step.EXTEND, Step.REFUSE])
def test_extending_and_refusing_say_why(step):
    assert advanced(demand(), step, "", POLICY, FRIDAY) is Misstep.REASON


@pytest.mark.rule("R52")
@given(instants)
def test_a_breach_is_told_within_72_hours_of_the_clock(detected):
    assert breach_due(detected, POLICY) - detected == timedelta(hours=72)


@pytest.mark.rule("R52")
def test_the_notice_has_every_field_and_says_what_is_open():
    draft = Draft(
        nature="lộ khóa", data_kinds="số điện thoại", subject_count=0, consequences="", measures="thu hồi", contact=""
    )
    told = notice(Breach(breach_id="b", detect_time=FRIDAY, due_time=breach_due(FRIDAY, POLICY), draft=draft))

    assert "Thời điểm phát hiện: 17:00 ngày 27/11/2026" in told
    assert "Hạn thông báo: 17:00 ngày 30/11/2026" in told
    assert [f"{number}. " in told for number in range(1, 7)] == [True] * 6
    assert told.count("[chưa xác định]") == 3


@pytest.mark.rule("R45")
@given(instants, st.sampled_from(CaseKind), st.booleans())
def test_an_order_is_due_in_24_hours_or_6_and_a_complaint_in_48(received, kind, emergency):
    hours = (case_due(kind, received, POLICY, emergency=emergency) - received) / timedelta(hours=1)

    assert hours == (48 if kind is CaseKind.COMPLAINT else 6 if emergency else 24)


@pytest.mark.rule("R45")
@given(instants)
def test_a_case_is_dealt_with_once(received):
    case = Case(
        platform="forum",
        case_id="c",
        kind=CaseKind.LOCK,
        reference="46/CV",
        emergency=False,
        receive_time=received,
        due_time=received,
    )
    once = closed(case, "locked", received)

    assert (once.close_time, once.outcome) == (received, "locked")
    assert closed(once, "again", received) is None
