"""Nothing is destroyed before its time or while it is held, and nothing is kept beyond both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retention_model import Kept, Month, first_free

from xacthuc.identity.domain import sessions
from xacthuc.identity.domain.retention import Data, Hold, Term, due, plan
from xacthuc.policy import Policy
from xacthuc.policy.dates import local_date

RULES = {rule.data: rule for rule in plan(Policy.load())}
HELD = [rule for rule in RULES.values() if rule.held]
DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)

instants = st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
days = st.integers(0, 1500)
terms = st.one_of(st.builds(Term, months=st.integers(1, 60)), st.builds(Term, days=st.integers(1, 400)))


@st.composite
def hold(draw):
    place, length = draw(days), draw(st.none() | st.integers(0, 400))
    return Hold(EPOCH + place * DAY, None if length is None else EPOCH + (place + length) * DAY)


holds = st.lists(hold(), max_size=6)


@pytest.mark.rule("R49")
@given(terms, instants, instants)
def test_what_is_swept_is_never_early_and_never_three_days_late(term, start, now):
    if start <= term.before(now):
        assert term.after(start) <= now
    if term.after(start) + 3 * DAY <= now:
        assert start <= term.before(now)


@pytest.mark.rule("R49")
@given(st.sampled_from(HELD), days, holds)
def test_it_is_due_at_the_first_moment_after_its_time_at_which_nothing_holds_it(rule, start, holds):
    """The plan against the calendar, walked day by day: on each day whoever destroys comes after whoever holds."""
    began = EPOCH + start * DAY
    at = rule.term.after(began)
    last = max([at, *(hold.release_time or hold.place_time for hold in holds)]) + DAY

    walked = None
    while at <= last:
        if not any(hold.place_time <= at and (hold.release_time is None or at < hold.release_time) for hold in holds):
            walked = at
            break
        # Only a release can change that.
        later = [hold.release_time for hold in holds if hold.release_time is not None and hold.release_time > at]
        if not later:
            break
        at = min(later)

    assert due(rule, began, holds) == walked


@pytest.mark.rule("R49")
@given(days, holds)
def test_what_only_answers_repetitions_is_kept_for_no_authority(start, holds):
    rule = RULES[Data.REQUEST]

    assert due(rule, EPOCH + start * DAY, holds) == rule.term.after(EPOCH + start * DAY)


@pytest.mark.rule("R49")
@given(terms, instants)
def test_the_walks_own_calendar_finds_the_moments_that_the_plan_does(term, start):
    """`retention_model`, which tests walk by, and the product's calendar were written apart; neither uses the other."""
    exact = Kept(months=term.months, days=term.days, exact=True).due(start)
    swept = Kept(months=term.months, days=term.days).due(start)

    assert exact == term.after(start)
    assert term.before(swept - INSTANT) < start <= term.before(swept)


@pytest.mark.rule("R48")
@given(st.integers(1, 60), instants)
def test_the_walks_own_calendar_ends_months_of_the_session_log_where_the_service_does(months, start):
    over, month = Month(months=months).due(start), sessions.Month.of(local_date(start)).number

    assert sessions.oldest_kept(over - INSTANT, months).number <= month < sessions.oldest_kept(over, months).number


@pytest.mark.rule("R49")
@given(st.sampled_from(HELD), days, holds)
def test_the_walks_own_holds_keep_as_long_as_those_of_the_plan(rule, start, holds):
    began = EPOCH + start * DAY
    spans = [(hold.place_time, hold.release_time) for hold in holds]

    assert first_free(rule.term.after(began), spans) == due(rule, began, holds)


def test_every_kind_of_data_has_one_rule_and_a_figure_with_a_source():
    policy = Policy.load()

    assert [rule.data for rule in plan(policy)] == list(Data)
    assert all(policy.sources[rule.figure].citation for rule in plan(policy))
