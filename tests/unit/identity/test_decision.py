"""What `decide` says, rule by rule."""

from __future__ import annotations

import pytest

from xacthuc.identity.domain.account import NOT_REGISTERED, EvidenceKind, Facts
from xacthuc.identity.domain.decision import decide
from xacthuc.policy import Action, NextStep, Policy, Reason

NOW_MS = 1_800_000_000_000
YEAR_MS = 31_536_000_000
GATED = [action for action in Action if action is not Action.READ]


@pytest.fixture(scope="module")
def policy():
    return Policy.load()


def facts(*evidence, lapsed=False, child_until_ms=0):
    return Facts(registered=True, evidence=frozenset(evidence), lapsed=lapsed, child_until_ms=child_until_ms)


@pytest.mark.rule("R6")
@pytest.mark.parametrize("known", [NOT_REGISTERED, facts(), facts(child_until_ms=NOW_MS + YEAR_MS)])
def test_reading_is_open_to_everybody(policy, known):
    decision = decide(known, Action.READ, NOW_MS, policy)

    assert (decision.allowed, decision.reason) == (True, Reason.ACTION_NOT_GATED)


@pytest.mark.rule("R4")
@pytest.mark.rule("R5")
@pytest.mark.parametrize("action", GATED)
def test_an_account_without_evidence_may_do_nothing_that_is_gated(policy, action):
    assert not decide(facts(), action, NOW_MS, policy).allowed


@pytest.mark.rule("R1")
def test_a_proven_number_opens_posting(policy):
    decision = decide(facts(EvidenceKind.PHONE), Action.POST, NOW_MS, policy)

    assert (decision.allowed, decision.reason, decision.next_step) == (True, Reason.VERIFIED, NextStep.NONE)


@pytest.mark.rule("R3")
def test_a_proven_number_does_not_open_selling_live(policy):
    decision = decide(facts(EvidenceKind.PHONE), Action.LIVESTREAM_COMMERCE, NOW_MS, policy)

    assert (decision.allowed, decision.reason) == (False, Reason.PERSONAL_ID_REQUIRED)


@pytest.mark.rule("R3")
def test_an_authenticated_personal_id_opens_selling_live_and_is_asked_for_every_time(policy):
    decision = decide(facts(EvidenceKind.PERSONAL_ID), Action.LIVESTREAM_COMMERCE, NOW_MS, policy)

    assert (decision.allowed, decision.reuse_seconds) == (True, 0)


def test_a_declared_personal_id_opens_nothing(policy):
    assert not decide(facts(EvidenceKind.PERSONAL_ID_DECLARED), Action.POST, NOW_MS, policy).allowed


@pytest.mark.rule("R24")
def test_a_number_is_no_proof_of_age(policy):
    child = facts(EvidenceKind.PHONE, child_until_ms=NOW_MS + YEAR_MS)

    decision = decide(child, Action.POST, NOW_MS, policy)

    assert (decision.allowed, decision.reason) == (False, Reason.GUARDIAN_REQUIRED)
    assert decision.next_step is NextStep.LINK_GUARDIAN


def test_a_guardian_opens_posting_for_a_child(policy):
    child = facts(EvidenceKind.GUARDIAN, child_until_ms=NOW_MS + YEAR_MS)

    assert decide(child, Action.POST, NOW_MS, policy).allowed


def test_a_guardian_no_longer_answers_from_the_sixteenth_birthday_on(policy):
    grown = facts(EvidenceKind.GUARDIAN, child_until_ms=NOW_MS)

    assert decide(grown, Action.POST, NOW_MS, policy).reason is Reason.NOT_VERIFIED


def test_a_childs_answer_is_not_reused_beyond_the_birthday(policy):
    child = facts(EvidenceKind.GUARDIAN, child_until_ms=NOW_MS + 20_900)

    assert decide(child, Action.POST, NOW_MS, policy).reuse_seconds == 20


def test_a_refusal_is_not_reused_so_that_verifying_helps_at_once(policy):
    assert decide(facts(), Action.POST, NOW_MS, policy).reuse_seconds == 0


@pytest.mark.rule("R30")
def test_lost_possession_of_the_number_asks_for_it_again(policy):
    decision = decide(facts(lapsed=True), Action.POST, NOW_MS, policy)

    assert (decision.allowed, decision.reason) == (False, Reason.REVERIFICATION_REQUIRED)
    assert decision.next_step is NextStep.VERIFY_PHONE


def test_an_unknown_account_is_told_to_verify(policy):
    decision = decide(NOT_REGISTERED, Action.POST, NOW_MS, policy)

    assert (decision.allowed, decision.reason) == (False, Reason.NOT_REGISTERED)


@pytest.mark.rule("R55")
def test_a_decision_names_the_policy_that_decided(policy):
    assert decide(facts(), Action.POST, NOW_MS, policy).policy_version == policy.version
