"""What holds of every claim, whoever stands on the number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.identity.domain.claims import Bounds, Claim, ClaimRefusal, Held, Holder, Tie, claim
from xacthuc.policy.sections import Holders, NumberMoves

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TIMES = st.integers(min_value=-90, max_value=0).map(lambda days: NOW + timedelta(days=days))

standing = st.lists(st.sampled_from(Tie), max_size=9).map(
    lambda ties: tuple(Holder(f"u{place}", tie) for place, tie in enumerate(ties))
)
caps = st.integers(min_value=1, max_value=6).flatmap(
    lambda adults: st.integers(min_value=adults, max_value=9).map(lambda related: Holders(adults, related))
)
bounds = st.builds(Bounds, caps, st.none() | st.builds(NumberMoves, st.integers(min_value=1, max_value=4), st.just(30)))
held = st.builds(
    Held,
    holders=standing,
    newest_verify_time=st.none() | TIMES,
    moves=st.lists(TIMES, max_size=6).map(tuple),
)


@pytest.mark.rule("R30")
@given(held, TIMES, bounds)
def test_only_strangers_are_displaced_and_the_earliest_first(held, proven, bounds):
    outcome = claim(held, proven, bounds, NOW)

    strangers = tuple(holder.account_id for holder in held.holders if holder.tie is Tie.NONE)
    if isinstance(outcome, Claim):
        assert outcome.displaced == strangers[: len(outcome.displaced)]


@pytest.mark.rule("R32")
@given(held, TIMES, bounds)
def test_after_a_claim_no_stranger_is_left_beyond_the_cap_and_no_family_beyond_its_own(held, proven, bounds):
    outcome = claim(held, proven, bounds, NOW)

    if isinstance(outcome, Claim):
        left = [holder for holder in held.holders if holder.account_id not in outcome.displaced]
        counted = [holder for holder in left if holder.tie is not Tie.WARD]
        assert len(counted) + 1 <= bounds.caps.related
        if any(holder.tie is Tie.NONE for holder in counted):
            assert len(counted) + 1 <= bounds.caps.adults


@given(held, TIMES, bounds)
def test_nobody_loses_a_number_for_nothing(held, proven, bounds):
    """A claim that displaces somebody would have been over the cap with that holder."""
    outcome = claim(held, proven, bounds, NOW)

    if isinstance(outcome, Claim) and outcome.displaced:
        counted = [holder for holder in held.holders if holder.tie is not Tie.WARD]
        assert len(counted) + 1 - len(outcome.displaced) >= bounds.caps.adults


@given(held, TIMES, bounds)
def test_wards_never_change_what_comes_of_a_claim(held, proven, bounds):
    without = tuple(holder for holder in held.holders if holder.tie is not Tie.WARD)
    fewer = Held(holders=without, newest_verify_time=held.newest_verify_time, moves=held.moves)

    assert claim(held, proven, bounds, NOW) == claim(fewer, proven, bounds, NOW)


@pytest.mark.rule("R30")
@given(held, TIMES, TIMES, bounds)
def test_a_later_proof_is_never_refused_for_its_age_when_an_earlier_one_is_not(held, one, other, bounds):
    early, late = sorted((one, other))

    if claim(held, late, bounds, NOW) is ClaimRefusal.OLDER_PROOF:
        assert claim(held, early, bounds, NOW) is ClaimRefusal.OLDER_PROOF
