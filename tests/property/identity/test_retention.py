"""Nothing is destroyed before its time or while it is held, and nothing is kept beyond both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.identity.domain.retention import Data, Hold, Term, due, plan
from xacthuc.policy import Policy

RULES = {rule.data: rule for rule in plan(Policy.load())}
HELD = [rule for rule in RULES.values() if rule.held]
DAY = timedelta(days=1)
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


def test_every_kind_of_data_has_one_rule_and_a_figure_with_a_source():
    policy = Policy.load()

    assert [rule.data for rule in plan(policy)] == list(Data)
    assert all(policy.sources[rule.figure].citation for rule in plan(policy))
