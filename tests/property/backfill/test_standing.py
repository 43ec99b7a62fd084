"""Where an account stands in a campaign follows what identity says of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.backfill.domain.campaign import TEMPLATES, TargetState
from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.backfill.domain.holders import Holder, reviewed, standing

CLASSES = st.sampled_from(list(TEMPLATES))
HOLDERS = st.none() | st.builds(
    Holder,
    st.sampled_from(["", "UNVERIFIED", "PENDING_GUARDIAN", "REVERIFICATION_REQUIRED", "VERIFIED", "LOCKED", "ERASED"]),
    st.booleans(),
)
STATES = st.sampled_from(TargetState)


@given(account_class=CLASSES, holder=HOLDERS)
def test_nobody_is_verified_whom_identity_does_not_call_so(account_class, holder):
    if standing(account_class, holder) is TargetState.VERIFIED:
        assert holder.state == "VERIFIED"
        assert holder.personal_id or account_class is not AccountClass.NEEDS_PERSONAL_ID


@pytest.mark.rule("R3")
def test_who_sells_needs_a_confirmed_personal_id():
    proven = Holder("VERIFIED", personal_id=False)

    assert standing(AccountClass.NEEDS_PHONE, proven) is TargetState.VERIFIED
    assert standing(AccountClass.NEEDS_PERSONAL_ID, proven) is TargetState.OPEN


@given(before=STATES, account_class=CLASSES, holder=HOLDERS)
def test_asking_twice_changes_nothing_the_second_time(before, account_class, holder):
    seen = standing(account_class, holder)
    once = reviewed(before, seen)

    assert reviewed(once, seen) is once


@given(before=STATES)
def test_only_who_was_verified_or_gone_is_open_again(before):
    after = reviewed(before, TargetState.OPEN)

    assert after is (TargetState.OPEN if before in {TargetState.VERIFIED, TargetState.GONE} else before)
