"""What is released to an authority: by when, by whom, and how often (R44)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.identity.domain.releases import (
    Demanded,
    Fetched,
    Field,
    Made,
    Release,
    ReleaseBar,
    ReleaseState,
    bar_to_making,
    closed,
    fetched,
    made,
    recorded,
)
from xacthuc.policy import Policy

pytestmark = pytest.mark.rule("R44")
POLICY = Policy.load()
NOON = datetime(2026, 11, 28, 5, 0, tzinfo=UTC)
WAITS, REPEATS = timedelta(days=1), timedelta(minutes=10)
instants = st.datetimes(datetime(2026, 7, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
some_fields = st.sets(st.sampled_from(Field), min_size=1).map(tuple)
people = st.sampled_from(["an", "binh", "chi"])
steps = st.lists(
    st.tuples(
        st.sampled_from(["make", "fetch", "close"]),
        people,
        st.sampled_from(["r1", "r2"]),
        some_fields,
        st.integers(0, 2000),
    ),
    max_size=12,
)


def demanded(fields=(Field.FULL_NAME,), received=NOON, *, emergency=False):
    return Demanded(
        accounts=("u1",),
        authority="A05",
        legal_basis="Law 116/2025/QH15 Art. 25",
        reference="12/CV",
        receive_time=received,
        emergency=emergency,
        fields=fields,
    )


def release(fields=(Field.FULL_NAME,), received=NOON, *, emergency=False):
    return recorded("forum", "r", demanded(fields, received, emergency=emergency), POLICY, received)


def document(fields=(Field.FULL_NAME,), now=NOON, approval="a", proposer="an", approver="binh"):
    return Made(
        approval=approval, proposer=proposer, approver=approver, fields=fields, time=now, fetch_until=now + WAITS
    )


def fetch(operator="an", request="r1", now=NOON):
    return Fetched(operator=operator, request_id=request, time=now, repeat_until=now + REPEATS)


@given(instants, st.booleans())
def test_it_is_due_in_24_hours_and_in_3_in_an_emergency(received, emergency):
    hours = (release(received=received, emergency=emergency).due_time - received) / timedelta(hours=1)

    assert hours == (3 if emergency else 24)


@given(some_fields, some_fields)
def test_only_fields_that_were_asked_for_are_released(asked, wanted):
    bar = bar_to_making(release(asked), wanted, NOON)

    assert (bar is None) == (set(wanted) <= set(asked))
    assert bar in {None, ReleaseBar.NOT_REQUESTED}


@given(some_fields, steps)
def test_whatever_is_done_a_document_leaves_once_by_one_of_two_and_holds_what_was_asked_for(asked, taken):
    now, kept, left = NOON, release(asked), set()
    for number, (what, person, request, fields, minutes) in enumerate(taken):
        now += timedelta(minutes=minutes)
        if what == "make":
            after = made(kept, document(fields, now, f"a{number}"))
        elif what == "fetch":
            after = fetched(kept, fetch(person, request, now))
        else:
            after = closed(kept, "withdrawn", now)
        if isinstance(after, Release):
            if what == "fetch":
                left.add((person, request, after.made.approval))
            kept = after

    assert len(left) <= 1
    assert all(person in {"an", "binh"} for person, _, _ in left)
    assert not left or set(kept.made.fields) <= set(asked)
    assert not (kept.fetched and kept.close_time)
    assert (kept.state_at(now) is ReleaseState.RELEASED) == bool(left)


def test_what_nobody_fetched_in_time_may_be_made_again_and_is_open_until_then():
    first = made(release(), document())
    late = NOON + WAITS

    assert [first.state_at(late - timedelta(seconds=1)), first.state_at(late)] == [
        ReleaseState.READY,
        ReleaseState.OPEN,
    ]
    assert fetched(first, fetch(now=late)) is ReleaseBar.NOT_MADE
    assert made(first, document(now=late - timedelta(seconds=1), approval="b")) is ReleaseBar.READY
    assert made(first, document(now=late, approval="b")).made.approval == "b"


def test_the_same_call_fetches_again_for_ten_minutes_and_no_other_does():
    once = fetched(made(release(), document()), fetch())

    assert fetched(once, fetch(now=NOON + REPEATS - timedelta(seconds=1))) is once
    assert fetched(once, fetch(now=NOON + REPEATS)) is ReleaseBar.RELEASED
    assert fetched(once, fetch(request="r2")) is ReleaseBar.RELEASED
    assert fetched(once, fetch("binh")) is ReleaseBar.RELEASED
    assert fetched(once, fetch("chi")) is ReleaseBar.NOT_OF_TWO
    assert once.destroy_time == NOON + REPEATS


def test_an_approval_that_is_carried_out_again_changes_nothing():
    once = made(release(), document())
    gone = fetched(once, fetch())

    assert made(once, document(now=NOON + timedelta(hours=1))) is once
    assert made(gone, document(now=NOON + timedelta(days=3))) is gone


def test_closing_ends_it_and_what_waits_is_destroyed_at_once():
    ended = closed(made(release(), document()), "withdrawn", NOON + REPEATS)

    assert (ended.state_at(NOON + REPEATS), ended.destroy_time) == (ReleaseState.CLOSED, NOON + REPEATS)
    assert fetched(ended, fetch(now=NOON + REPEATS)) is ReleaseBar.CLOSED
    assert made(ended, document(approval="b")) is ReleaseBar.CLOSED
    assert closed(ended, "again", NOON + REPEATS) is ReleaseBar.CLOSED
