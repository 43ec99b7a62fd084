"""What is told of a child's posts, in whatever order and however often, is kept once and never beyond its time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from xacthuc.guardian.domain.activity import (
    Activity,
    ActivityKind,
    from_the_future,
    kept_from,
    worth_keeping,
)
from xacthuc.policy import Policy

POLICY = Policy.load()
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
TIMES = st.integers(-200, 200).map(lambda hours: NOW + timedelta(days=hours / 2))
TOLD = st.lists(st.builds(Activity, st.sampled_from(ActivityKind), st.sampled_from("abc"), TIMES), max_size=20)


@given(told=TOLD)
def test_each_thing_is_kept_once_and_in_time(told: list[Activity]) -> None:
    kept = worth_keeping(told, NOW, POLICY)
    keys = [(each.kind, each.content_id) for each in kept]
    assert keys == sorted(set(keys))
    assert all(each in told and each.occur_time >= kept_from(NOW, POLICY) for each in kept)
    assert worth_keeping(kept, NOW, POLICY) == kept


@given(told=TOLD)
def test_what_cannot_have_happened_is_named_by_its_place(told: list[Activity]) -> None:
    places = list(from_the_future(told, NOW))
    assert [told[at].occur_time > NOW + timedelta(minutes=1) for at in range(len(told))] == [
        at in places for at in range(len(told))
    ]
