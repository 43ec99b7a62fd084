"""The account as a state machine: its names, its reach, and its drawing."""

from __future__ import annotations

from pathlib import Path

import pytest
from state_drawing import GIVEN, NOW_MS, drawing, explored

from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.domain.account import State, state_of
from xacthuc.identity.domain.decision import decide
from xacthuc.identity.domain.facts import NOT_REGISTERED, EvidenceKind, Facts, Life
from xacthuc.identity.domain.personal_ids import Ground
from xacthuc.identity.domain.transitions import Given, Impossible, Transition, happen
from xacthuc.policy import Action, NextStep, Policy

CONCEPTS = Path(__file__).parents[3] / "docs/concepts.md"
OF_BATCHES = {"ACCOUNTS_IMPORTED"}
"""Events that tell of many accounts at once: each of these was registered, and perhaps verified."""
REMINDERS = {"VERIFICATION_DUE"}
"""Events that change nothing."""
GRACES = {"TRANSITION_ENDED", "TRANSITION_RESTORED"}
"""Events of a grace, which leaves what is proven as it is."""


def test_events_of_an_account_and_transitions_have_the_same_names():
    assert {kind.value for kind in EventKind} - OF_BATCHES - REMINDERS - GRACES == {
        transition.value for transition in Transition
    }


def test_every_state_can_be_reached_and_every_transition_can_happen():
    known, edges = explored()

    assert {state_of(facts, NOW_MS) for facts in known} == set(State) - {
        State.UNREADABLE
    }  # nothing that happens damages
    assert {transition for _, transition, _ in edges} == set(Transition) - {Transition.ACCOUNT_REGISTERED}


def test_the_drawing_in_the_docs_is_that_of_the_code():
    assert f"```mermaid\n{drawing()}\n```" in CONCEPTS.read_text("utf-8")


@pytest.mark.rule("R7")
def test_whatever_is_known_there_is_a_next_step():
    policy = Policy.load()
    for facts in explored()[0]:
        decision = decide(facts, Action.POST, NOW_MS, policy)
        assert decision.allowed or decision.next_step is not NextStep.NONE, facts


def test_nothing_happens_to_an_account_that_ended_but_its_erasure():
    for facts in explored()[0]:
        if facts.life is not Life.OPEN:
            possible = {
                transition
                for transition in Transition
                for given in GIVEN
                if not isinstance(happen(transition, facts, given, NOW_MS), Impossible)
            }
            assert possible <= {Transition.ERASURE_SCHEDULED, Transition.ACCOUNT_ERASED}


def test_nothing_but_a_registration_happens_to_nobody():
    for transition in set(Transition) - {Transition.ACCOUNT_REGISTERED}:
        assert happen(transition, NOT_REGISTERED, Given(), NOW_MS) is Impossible.NOT_REGISTERED


@pytest.mark.rule("R2")
def test_who_has_a_number_gives_no_personal_id_for_the_lack_of_one():
    known = Facts(registered=True, evidence=frozenset({EvidenceKind.PHONE}))
    given = Given(ground=Ground.NO_MOBILE)

    assert happen(Transition.PERSONAL_ID_DECLARED, known, given, NOW_MS) is Impossible.PHONE_FIRST
