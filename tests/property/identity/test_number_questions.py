"""A pace holds over any span of time, whoever comes when."""

from __future__ import annotations

from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from xacthuc.identity.usecases.number_questions import Pace

GAPS = st.lists(st.floats(min_value=0, max_value=2), min_size=1, max_size=60)


@given(st.integers(min_value=1, max_value=1000), GAPS)
def test_no_more_pass_than_the_pace_allows_and_nobody_waits_without_need(per_second, gaps):
    pace, passed = Pace(per_second), []
    for now in accumulate(gaps):
        wait = pace.wait(now)
        earliest = passed[-1] + 1 / per_second if passed else now
        passed.append(now + wait)
        assert wait >= 0
        assert abs(passed[-1] - max(now, earliest)) < 1e-6
    for first, last in pairwise(passed):
        assert last - first >= 1 / per_second - 1e-6
