"""What an answer, a failure or an interruption makes of an attempt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.jobs.claims import Claim, State
from xacthuc.jobs.endings import Result, answered, failed, place_of, returned
from xacthuc.jobs.job import Done, Job, RetryAt, Work
from xacthuc.sql.errors import DatabaseBusy, DatabaseUnavailable
from xacthuc.telemetry.metrics import JOB_RESULTS


async def nothing(_job):
    return None


def claim(failures=0):
    return Claim(1, 1, failures, Job("CHECK", "1"), lost=False, held=False)


WAITS = (timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1))


def test_metrics_know_every_result():
    assert {str(result) for result in Result} == JOB_RESULTS


@pytest.mark.parametrize("answer", [None, Done()])
def test_no_answer_is_done(answer):
    result, ending = answered(answer)

    assert (result, ending.state, ending.outcome) == (Result.DONE, State.OVER, "DONE")


def test_going_on_later_is_no_failure():
    when = datetime(2027, 1, 1, tzinfo=UTC)
    result, ending = answered(RetryAt(when, "PENDING"))

    assert (result, ending.state, ending.when, ending.failures) == (Result.WAITS, State.WAITING, when, 0)


@given(failures=st.integers(0, 2), chance=st.floats(0, 1))
def test_each_failure_waits_its_time_and_up_to_a_fifth_more(failures, chance):
    result, ending = failed(claim(failures), Work(nothing, WAITS), KeyError("x"), chance)

    assert (result, ending.state, ending.failures) == (Result.FAILED, State.WAITING, failures + 1)
    assert WAITS[failures] <= ending.wait <= WAITS[failures] * 1.2


@given(failures=st.integers(3, 100))
def test_one_failure_more_than_there_are_waits_is_held(failures):
    result, ending = failed(claim(failures), Work(nothing, WAITS), KeyError("x"), 0)

    assert (result, ending.state, ending.outcome) == (Result.HELD, State.HELD, "KeyError")


def test_a_database_that_is_away_does_not_count_and_a_busy_one_does():
    away, ending = failed(claim(), Work(nothing, ()), DatabaseUnavailable("57P01"), 0)
    busy, _ = failed(claim(), Work(nothing, ()), DatabaseBusy("57014"), 0)

    assert (away, ending.failures, busy) == (Result.WAITS, 0, Result.HELD)


def test_a_job_given_back_is_due_at_once_and_has_not_failed():
    result, ending = returned(claim(2))

    assert (result, ending.state, ending.failures, ending.wait) == (Result.RETURNED, State.WAITING, 2, timedelta())


def test_the_place_of_a_failure_is_a_file_and_a_line():
    with pytest.raises(KeyError) as raised:
        {}["hoa-ban-7731"]

    assert place_of(raised.value).startswith("test_endings.py:")
    assert place_of(KeyError("never raised")) == ""
