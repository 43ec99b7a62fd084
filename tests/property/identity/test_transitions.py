"""Whatever happens to an account, in whatever order and at whatever time."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from strategies import supervisions

from xacthuc.identity.domain.account import State, state_of
from xacthuc.identity.domain.decision import decide
from xacthuc.identity.domain.facts import FOREVER_MS, NOT_REGISTERED, EvidenceKind, Life
from xacthuc.identity.domain.personal_ids import Ground
from xacthuc.identity.domain.transitions import Given, Impossible, Transition, happen
from xacthuc.policy import Action, NextStep, Policy

POLICY = Policy.load()
START_MS = 1_800_000_000_000
LOSSES = {
    Transition.REVERIFICATION_REQUIRED,
    Transition.PERSONAL_ID_REFUSED,
    Transition.GUARDIAN_ENDED,
    Transition.ACCOUNT_LOCKED,
    Transition.ACCOUNT_CLOSED,
    Transition.ERASURE_SCHEDULED,
    Transition.ACCOUNT_ERASED,
}
LIVES = tuple(Life)
SPANS_MS = st.integers(min_value=1, max_value=20 * 365 * 86_400_000)

given_with = st.builds(
    Given,
    child_until_ms=st.one_of(st.just(0), SPANS_MS.map(START_MS.__add__)),
    complete=st.booleans(),
    reverify_from_ms=st.one_of(st.just(FOREVER_MS), SPANS_MS.map(START_MS.__add__)),
    ground=st.sampled_from(Ground),
    asked=st.booleans(),
    lost=st.frozensets(st.sampled_from(EvidenceKind)),
    supervision=supervisions,
    locked_until_ms=st.one_of(st.just(FOREVER_MS), SPANS_MS.map(START_MS.__add__)),
)


def allowed(facts, now_ms):
    return {action for action in Action if decide(facts, action, now_ms, POLICY).allowed}


class AccountMachine(RuleBasedStateMachine):
    """One account, from before anybody registered it."""

    def __init__(self):
        super().__init__()
        self.facts, self.now_ms = NOT_REGISTERED, START_MS

    @rule(transition=st.sampled_from(Transition), given=given_with)
    def something_happens(self, transition, given):
        before = self.facts
        after = happen(transition, before, given, self.now_ms)
        if isinstance(after, Impossible):
            return
        assert LIVES.index(after.life) >= LIVES.index(before.life)
        if transition in LOSSES:
            assert allowed(after, self.now_ms) <= allowed(before, self.now_ms)
        self.facts = after

    @precondition(lambda self: not self.facts.registered)
    @rule(given=given_with)
    def somebody_registers(self, given):
        self.something_happens(Transition.ACCOUNT_REGISTERED, given)

    @rule(span_ms=SPANS_MS)
    def time_passes(self, span_ms):
        self.now_ms += span_ms

    @invariant()
    def reading_is_always_open(self):
        assert Action.READ in allowed(self.facts, self.now_ms)

    @invariant()
    def every_refusal_has_a_next_step_and_a_citation(self):
        for action in Action:
            decision = decide(self.facts, action, self.now_ms, POLICY)
            assert decision.allowed or (decision.next_step is not NextStep.NONE and decision.legal_basis)

    @invariant()
    def a_child_is_never_verified_by_a_number_or_an_id_of_its_own(self):
        if self.facts.registered and self.facts.is_child(self.now_ms):
            guarded = EvidenceKind.GUARDIAN in self.facts.evidence
            assert guarded or state_of(self.facts, self.now_ms) is not State.VERIFIED

    @invariant()
    def nothing_stands_of_an_account_whose_erasure_began(self):
        if self.facts.life in {Life.ERASURE_SCHEDULED, Life.ERASED}:
            assert not self.facts.evidence


TestAccount = pytest.mark.rule("R24")(pytest.mark.rule("R15")(AccountMachine.TestCase))
TestAccount.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
