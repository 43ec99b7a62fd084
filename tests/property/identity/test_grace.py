"""What ending a grace means to decisions, whatever the facts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import INSTANTS, facts

from xacthuc.identity.domain.decision import decide
from xacthuc.identity.domain.grace import Ended, Restored, ending, restoring
from xacthuc.policy import Action, Policy, Reason, Requirement

POLICY = Policy.load()


@pytest.mark.rule("R5")
@given(facts, st.sampled_from(Action), INSTANTS)
def test_a_grace_that_is_ended_leaves_reading_and_takes_nothing_that_is_proven(known, action, now_ms):
    before = decide(known, action, now_ms, POLICY)
    became = ending(known, by_this=False, now_ms=now_ms)
    after = decide(known._replace(transition_until_ms=now_ms), action, now_ms, POLICY)

    if became is Ended.ENDED:
        assert after.reason is not Reason.TRANSITION
        assert after.allowed is (before.allowed and before.reason is not Reason.TRANSITION)
        assert after.allowed or POLICY.rule_for(action).requirement is not Requirement.NOTHING
    else:
        assert (after.allowed, after.reason) == (before.allowed, before.reason)


@given(facts, INSTANTS)
def test_what_one_approval_ended_it_alone_gives_back_and_only_to_who_needs_it(known, now_ms):
    ended = known._replace(transition_until_ms=now_ms)
    became = ending(known, by_this=False, now_ms=now_ms)
    back = restoring(ended, by_this=True, now_ms=now_ms)

    if became is Ended.ENDED:
        assert back is Restored.RESTORED
    if became is Ended.VERIFIED:
        assert back is Restored.VERIFIED
    assert restoring(ended, by_this=False, now_ms=now_ms) in {Restored.NONE, Restored.GONE}


@given(facts, INSTANTS)
def test_ending_twice_says_the_same(known, now_ms):
    if ending(known, by_this=False, now_ms=now_ms) is Ended.ENDED:
        assert ending(known._replace(transition_until_ms=now_ms), by_this=True, now_ms=now_ms) is Ended.ENDED
