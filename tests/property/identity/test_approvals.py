"""Whoever does whatever to an approval, in whatever order and at whatever time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from xacthuc.credentials.staff import BREAK_GLASS, Operator, Role
from xacthuc.identity.domain.approvals import (
    DECIDERS,
    NEXT,
    PROPOSERS,
    SERVICE,
    Act,
    Approval,
    ApprovalBar,
    ApprovalKind,
    ApprovalState,
    Executed,
    Failed,
    Step,
    adopted,
    decided,
    ended,
    expired,
    retracted,
)

START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
PEOPLE = ("an", "binh", "chi")
OVER = {
    ApprovalState.EXECUTED,
    ApprovalState.FAILED,
    ApprovalState.REFUSED,
    ApprovalState.WITHDRAWN,
    ApprovalState.EXPIRED,
}

operators = st.builds(Operator, st.sampled_from(PEOPLE), st.frozensets(st.sampled_from(Role)))
kinds = st.sampled_from(ApprovalKind)
outcomes = st.sampled_from([Executed({"life": "ERASED"}), Failed("ACCOUNT_OPEN")])


def proposal(kind, proposer="an", hours=72):
    return Approval(
        id="a" * 12,
        act=Act(kind, "forum", {"account": "accounts/u1"}),
        reason="order 12/2026",
        proposer=proposer,
        state=ApprovalState.PROPOSED,
        create_time=START,
        expire_time=START + timedelta(hours=hours),
    )


class ApprovalMachine(RuleBasedStateMachine):
    """One approval, from its proposal on."""

    @initialize(kind=kinds, proposer=st.sampled_from(["an", SERVICE]), hours=st.integers(1, 100))
    def is_proposed(self, kind, proposer, hours):
        self.approval, self.now = proposal(kind, proposer, hours), START
        self.sponsors = [proposer] if proposer != SERVICE else []
        self.deciders, self.carried_out = [], 0

    @rule(hours=st.integers(0, 60))
    def time_goes_by(self, hours):
        self.now += timedelta(hours=hours)

    @rule(operator=operators)
    def somebody_adopts(self, operator):
        before, after = self.approval, adopted(self.approval, operator, self.now)
        if isinstance(after, ApprovalBar):
            return
        assert before.state_at(self.now) is ApprovalState.PROPOSED
        assert operator.roles & PROPOSERS[before.act.kind]
        self.sponsors.append(operator.id)
        self.approval = after

    @rule()
    def nothing_calls_for_it_any_more(self):
        after = retracted(self.approval, "a mistake", self.now)
        if not isinstance(after, ApprovalBar):
            assert self.sponsors == []
            self.deciders.append(SERVICE)
            self.approval = after

    @rule(step=st.sampled_from([Step.GRANT, Step.REFUSE, Step.WITHDRAW]), operator=operators)
    def somebody_decides(self, step, operator):
        before, after = self.approval, decided(self.approval, step, operator, "", self.now)
        if isinstance(after, ApprovalBar):
            return
        assert before.state_at(self.now) is ApprovalState.PROPOSED
        if step is Step.WITHDRAW:
            assert operator.id == before.proposer
        else:
            assert operator.id not in self.sponsors
            assert operator.roles & DECIDERS[before.act.kind]
        self.deciders.append(operator.id)
        self.approval = after

    @rule()
    def the_job_looks_at_the_time(self):
        after = expired(self.approval, self.now)
        if not isinstance(after, ApprovalBar):
            assert self.approval.state is ApprovalState.PROPOSED
            assert self.now >= self.approval.expire_time
            self.approval = after

    @rule(outcome=outcomes)
    def the_job_ends(self, outcome):
        after = ended(self.approval, outcome, self.now)
        if not isinstance(after, ApprovalBar):
            assert self.approval.state is ApprovalState.GRANTED
            self.carried_out += 1
            self.approval = after

    @invariant()
    def it_is_decided_once_and_carried_out_once_after_a_second_person_said_yes(self):
        assert len(self.sponsors) <= 1
        assert len(self.deciders) <= 1
        assert self.carried_out <= 1
        if self.approval.state in {ApprovalState.GRANTED, ApprovalState.EXECUTED, ApprovalState.FAILED}:
            assert len({*self.sponsors, *self.deciders} - {SERVICE}) == 2

    @invariant()
    def the_clock_of_what_is_kept_runs_from_its_end(self):
        assert (self.approval.end_time is not None) == (self.approval.state in OVER)

    @invariant()
    def what_is_over_stays_as_it_is(self):
        if self.approval.state in OVER:
            later = self.now + timedelta(days=1000)
            everybody = Operator("other", frozenset(Role))
            for step in (Step.GRANT, Step.REFUSE):
                assert decided(self.approval, step, everybody, "", later) is ApprovalBar.STATE
            assert expired(self.approval, later) is ApprovalBar.STATE
            assert adopted(self.approval, everybody, later) is ApprovalBar.STATE
            assert ended(self.approval, Executed(), later) is ApprovalBar.STATE


TestApprovals = ApprovalMachine.TestCase


@given(kinds)
def test_a_proposal_is_over_at_its_time_to_the_microsecond(kind):
    approval, admin = proposal(kind), Operator("binh", frozenset(Role))
    end = approval.expire_time

    assert isinstance(decided(approval, Step.GRANT, admin, "", end - timedelta(microseconds=1)), Approval)
    assert decided(approval, Step.GRANT, BREAK_GLASS, "", START) is ApprovalBar.NOBODY
    assert decided(approval, Step.GRANT, admin, "", end) is ApprovalBar.STATE


@given(kinds)
def test_what_the_service_proposed_takes_two_people_who_are_somebody(kind):
    approval = proposal(kind, SERVICE)
    an, binh = (Operator(name, frozenset(Role)) for name in ("an", "binh"))
    theirs = adopted(approval, an, START)

    assert adopted(approval, BREAK_GLASS, START) is ApprovalBar.NOBODY
    assert adopted(approval, Operator("chi", frozenset()), START) is ApprovalBar.ROLE
    assert decided(approval, Step.GRANT, an, "", START) is ApprovalBar.NOT_ADOPTED
    assert decided(approval, Step.WITHDRAW, an, "", START) is ApprovalBar.NOT_PROPOSER
    assert adopted(theirs, binh, START) is ApprovalBar.ADOPTED
    assert decided(theirs, Step.GRANT, an, "", START) is ApprovalBar.SAME_PERSON
    assert decided(theirs, Step.GRANT, binh, "", START).state is ApprovalState.GRANTED
    assert decided(approval, Step.REFUSE, an, "", START).state is ApprovalState.REFUSED


@given(operators, kinds, st.sampled_from(ApprovalState), st.sampled_from([Step.GRANT, Step.REFUSE]))
def test_who_may_not_decide_is_told_so_whatever_the_state(operator, kind, state, step):
    """Permission is decided before state, so that nothing can be probed by who has no say."""
    told = decided(replace(proposal(kind), state=state), step, operator, "", START)

    if operator.id == "an":
        assert told is ApprovalBar.SAME_PERSON
    elif not operator.roles & DECIDERS[kind]:
        assert told is ApprovalBar.ROLE
    else:
        assert isinstance(told, Approval) == ((state, step) in NEXT)


def test_every_kind_has_people_who_propose_and_people_who_decide():
    assert set(PROPOSERS) == set(DECIDERS) == set(ApprovalKind)
    assert all([*PROPOSERS.values(), *DECIDERS.values()])
