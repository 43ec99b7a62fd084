"""What `decide` says, rule by rule."""

from __future__ import annotations

import pytest

from xacthuc.identity.domain.decision import decide
from xacthuc.identity.domain.facts import FOREVER_MS, NOT_REGISTERED, EvidenceKind, Facts, Life, Supervision
from xacthuc.policy import Action, NextStep, Policy, Reason

NOW_MS = 1_800_000_000_000
YEAR_MS = 31_536_000_000
GATED = [action for action in Action if action is not Action.READ]


@pytest.fixture(scope="module")
def policy():
    return Policy.load()


FREE = Supervision(FOREVER_MS, suspended=False, actions=frozenset(Action), quiet_from=0, quiet_to=0)


def facts(*evidence, **known):
    return Facts(registered=True, evidence=frozenset(evidence), **known)


def ward(supervision=FREE, child_until_ms=NOW_MS + YEAR_MS, **known):
    return facts(EvidenceKind.GUARDIAN, child_until_ms=child_until_ms, supervision=supervision, **known)


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
    child = ward()

    assert decide(child, Action.POST, NOW_MS, policy).allowed


def test_a_guardian_no_longer_answers_from_the_sixteenth_birthday_on(policy):
    grown = ward(child_until_ms=NOW_MS)

    assert decide(grown, Action.POST, NOW_MS, policy).reason is Reason.NOT_VERIFIED


def test_a_childs_answer_is_not_reused_beyond_the_birthday(policy):
    child = ward(child_until_ms=NOW_MS + 20_900)

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


MIDNIGHT_MS = 1_800_032_400_000 - 1_800_032_400_000 % 86_400_000 - 25_200_000
"""00:00 of a day in Vietnam."""


def at(hour, minute=0):
    return MIDNIGHT_MS + (hour * 60 + minute) * 60_000


NIGHT = FREE._replace(quiet_from=22 * 60, quiet_to=6 * 60)


@pytest.mark.rule("R19")
@pytest.mark.parametrize(
    ("supervision", "action", "now_ms", "reason"),
    [
        (FREE._replace(suspended=True), Action.POST, NOW_MS, Reason.SUSPENDED),
        (FREE._replace(actions=frozenset({Action.COMMENT})), Action.POST, NOW_MS, Reason.SUPERVISED),
        (FREE._replace(actions=frozenset({Action.POST})), Action.POST, NOW_MS, Reason.VERIFIED),
        (NIGHT, Action.POST, at(21, 59), Reason.VERIFIED),
        (NIGHT, Action.POST, at(22), Reason.QUIET_HOURS),
        (NIGHT, Action.POST, at(5, 59), Reason.QUIET_HOURS),
        (NIGHT, Action.POST, at(6), Reason.VERIFIED),
        (FREE._replace(guarded_until_ms=NOW_MS), Action.POST, NOW_MS, Reason.GUARDIAN_REQUIRED),
    ],
)
def test_guardians_bound_what_a_child_does(policy, supervision, action, now_ms, reason):
    child = ward(supervision, child_until_ms=FOREVER_MS)

    assert decide(child, action, now_ms, policy).reason is reason


@pytest.mark.rule("R9")
def test_a_childs_answer_is_not_reused_into_the_quiet_hours(policy):
    child = ward(NIGHT, child_until_ms=FOREVER_MS)

    assert decide(child, Action.POST, at(22) - 12_000, policy).reuse_seconds == 12


@pytest.mark.rule("R3")
def test_a_child_never_sells_live(policy):
    child = ward()._replace(evidence=frozenset({EvidenceKind.GUARDIAN, EvidenceKind.PERSONAL_ID}))

    assert decide(child, Action.LIVESTREAM_COMMERCE, NOW_MS, policy).reason is Reason.NOT_FOR_CHILDREN


def test_a_grace_lets_an_unverified_account_go_on_until_it_ends(policy):
    covered = facts(transition_until_ms=NOW_MS + 5_000)

    decision = decide(covered, Action.POST, NOW_MS, policy)

    assert (decision.allowed, decision.reason, decision.reuse_seconds) == (True, Reason.TRANSITION, 5)
    assert decide(covered, Action.POST, NOW_MS + 5_000, policy).reason is Reason.NOT_VERIFIED


@pytest.mark.rule("R3")
def test_no_grace_covers_selling_live(policy):
    covered = facts(EvidenceKind.PHONE, transition_until_ms=NOW_MS + YEAR_MS)

    assert decide(covered, Action.LIVESTREAM_COMMERCE, NOW_MS, policy).reason is Reason.PERSONAL_ID_REQUIRED


def test_a_grace_does_not_stand_in_for_a_guardian(policy):
    child = facts(child_until_ms=NOW_MS + YEAR_MS, transition_until_ms=NOW_MS + YEAR_MS)

    assert decide(child, Action.POST, NOW_MS, policy).reason is Reason.GUARDIAN_REQUIRED


@pytest.mark.rule("R31")
def test_a_number_is_to_be_proven_again_when_its_time_has_come(policy):
    due = facts(EvidenceKind.PHONE, reverify_from_ms=NOW_MS + 7_000)

    assert decide(due, Action.POST, NOW_MS, policy).reuse_seconds == 7
    assert decide(due, Action.POST, NOW_MS + 7_000, policy).reason is Reason.REVERIFICATION_REQUIRED


def test_a_personal_id_stands_when_the_number_is_due(policy):
    due = facts(EvidenceKind.PHONE, EvidenceKind.PERSONAL_ID, reverify_from_ms=0)

    assert decide(due, Action.POST, NOW_MS, policy).allowed


@pytest.mark.rule("R47")
def test_a_lock_and_the_end_of_an_account_come_first(policy):
    verified = facts(EvidenceKind.PHONE, EvidenceKind.PERSONAL_ID)

    locked = decide(verified._replace(locked_until_ms=NOW_MS + 1), Action.POST, NOW_MS, policy)
    closed = decide(verified._replace(life=Life.CLOSED), Action.POST, NOW_MS, policy)

    assert (locked.reason, closed.reason) == (Reason.LOCKED, Reason.CLOSED)


@pytest.mark.rule("R10")
def test_nothing_is_proven_of_whom_no_name_and_birth_date_are_known(policy):
    nameless = facts(EvidenceKind.PHONE, complete=False)

    decision = decide(nameless, Action.POST, NOW_MS, policy)

    assert (decision.reason, decision.next_step) == (Reason.DETAILS_REQUIRED, NextStep.COMPLETE_DETAILS)


def test_while_a_provider_is_asked_the_person_is_told_to_wait(policy):
    asked = facts(EvidenceKind.PERSONAL_ID_DECLARED, asked=True)

    decision = decide(asked, Action.POST, NOW_MS, policy)

    assert (decision.reason, decision.next_step) == (Reason.NOT_VERIFIED, NextStep.WAIT)
