"""What holds of every decision, whatever the facts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import INSTANTS, facts

from xacthuc.identity.domain.account import State, state_of
from xacthuc.identity.domain.decision import LONGEST_REUSE_SECONDS, changes_from, decide, keepable
from xacthuc.identity.domain.facts import HORIZON_MS, EvidenceKind, Life, foreseeable
from xacthuc.policy import Action, NextStep, Policy, Reason

POLICY = Policy.load()
SUPERVISION = {Reason.SUPERVISED, Reason.QUIET_HOURS, Reason.SUSPENDED}


@given(facts, st.sampled_from(Action), INSTANTS, st.data())
def test_losing_evidence_never_allows_more(known, action, now_ms, data):
    kept = data.draw(st.frozensets(st.sampled_from(sorted(known.evidence)))) if known.evidence else frozenset()
    poorer = known._replace(evidence=kept, lapsed=known.lapsed or kept != known.evidence)

    if decide(poorer, action, now_ms, POLICY).allowed:
        assert decide(known, action, now_ms, POLICY).allowed


@pytest.mark.rule("R7")
@given(facts, st.sampled_from(Action), INSTANTS)
def test_every_refusal_says_what_to_do_and_on_which_legal_basis(known, action, now_ms):
    decision = decide(known, action, now_ms, POLICY)

    if not decision.allowed:
        assert decision.next_step is not NextStep.NONE
        assert decision.legal_basis
        assert POLICY.next_steps[decision.next_step].vi


@given(facts, st.sampled_from(Action), INSTANTS)
def test_no_answer_is_reused_beyond_a_minute_or_the_birthday(known, action, now_ms):
    reuse = decide(known, action, now_ms, POLICY).reuse_seconds

    assert 0 <= reuse <= LONGEST_REUSE_SECONDS
    if known.child_until_ms > now_ms and action is not Action.READ:
        assert now_ms + reuse * 1000 <= known.child_until_ms


@given(facts, st.sampled_from(Action), INSTANTS, st.integers(min_value=0, max_value=LONGEST_REUSE_SECONDS))
def test_an_answer_stays_right_as_long_as_it_may_be_reused(known, action, now_ms, later_seconds):
    decision = decide(known, action, now_ms, POLICY)

    if later_seconds < decision.reuse_seconds:
        later = decide(known, action, now_ms + later_seconds * 1000, POLICY)
        assert decision.allowed == later.allowed


@given(facts, INSTANTS, st.sampled_from(Action), st.integers(min_value=0, max_value=HORIZON_MS - 60_000))
def test_what_is_kept_of_facts_decides_as_they_do_for_a_day(known, read_ms, action, later_ms):
    now_ms = read_ms + later_ms
    kept = foreseeable(known, read_ms)

    assert decide(kept, action, now_ms, POLICY) == decide(known, action, now_ms, POLICY)
    assert keepable(kept, now_ms, POLICY) == keepable(known, now_ms, POLICY)


@given(facts, INSTANTS, st.sampled_from(Action), st.integers(min_value=1, max_value=HORIZON_MS))
def test_a_decision_stays_as_it_is_until_it_was_said_that_it_may_differ(known, now_ms, action, later_ms):
    change_ms = changes_from(known, now_ms) or now_ms + HORIZON_MS + 1

    assert change_ms > now_ms
    if now_ms + later_ms < change_ms:
        before, after = (decide(known, action, at, POLICY) for at in (now_ms, now_ms + later_ms))
        assert (before.allowed, before.reason) == (after.allowed, after.reason)


@given(facts, INSTANTS)
def test_the_state_says_verified_exactly_when_posting_is_open_but_for_what_a_guardian_forbids(known, now_ms):
    if known.registered:
        reason = decide(known, Action.POST, now_ms, POLICY).reason

        assert (state_of(known, now_ms) is State.VERIFIED) == (reason in {Reason.VERIFIED, *SUPERVISION})


@pytest.mark.rule("R3")
@given(facts, INSTANTS)
def test_nobody_sells_live_without_an_authenticated_personal_id(known, now_ms):
    if decide(known, Action.LIVESTREAM_COMMERCE, now_ms, POLICY).allowed:
        assert EvidenceKind.PERSONAL_ID in known.evidence
        assert not known.is_child(now_ms)


@given(facts, st.sampled_from(Action), INSTANTS)
def test_a_lock_and_a_closed_account_allow_nothing_that_is_gated(known, action, now_ms):
    if known.registered and (known.locked_until_ms > now_ms or known.life is not Life.OPEN):
        assert decide(known, action, now_ms, POLICY).allowed == (action is Action.READ)


@pytest.mark.rule("R15")
@given(facts, st.sampled_from(Action), INSTANTS)
def test_a_child_without_a_guardian_may_only_read(known, action, now_ms):
    if known.is_child(now_ms) and known.supervision.guarded_until_ms <= now_ms:
        assert decide(known, action, now_ms, POLICY).allowed == (action is Action.READ)


@pytest.mark.rule("R3")
@given(facts, INSTANTS, st.integers(min_value=0, max_value=LONGEST_REUSE_SECONDS))
def test_what_may_be_kept_is_allowed_as_long_as_it_may_and_never_selling_live(known, now_ms, later_seconds):
    kept = keepable(known, now_ms, POLICY)

    assert Action.LIVESTREAM_COMMERCE not in kept.actions
    assert (kept.reuse_seconds > 0) == bool(kept.actions)
    if later_seconds < kept.reuse_seconds <= LONGEST_REUSE_SECONDS:
        later_ms = now_ms + later_seconds * 1000
        assert all(decide(known, action, later_ms, POLICY).allowed for action in kept.actions)


@given(facts, INSTANTS)
def test_whoever_may_keep_nothing_is_told_what_to_do_or_to_ask_again(known, now_ms):
    kept = keepable(known, now_ms, POLICY)

    if not kept.actions:
        assert kept.next_step is decide(known, Action.POST, now_ms, POLICY).next_step
