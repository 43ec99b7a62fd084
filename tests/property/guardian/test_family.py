"""No sequence of acts makes a family that the law does not know, or lets somebody answer whom nobody let in."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from xacthuc.guardian.domain.family import MOVES, Act, Answering, Objection, declares_enough, may, objection
from xacthuc.guardian.domain.links import OVER, State
from xacthuc.guardian.domain.relations import PARENTS, Relation, WardGround

PEOPLE = ("an", "binh", "chi")


class Family(RuleBasedStateMachine):
    """Links of one child, moved by whoever may move them."""

    def __init__(self):
        super().__init__()
        self.links = []

    @initialize()
    def begin(self):
        self.let_in = set()

    def answering(self):
        return [Answering(who, relation) for who, relation, state in self.links if state is State.ACTIVE]

    @rule(who=st.sampled_from(PEOPLE), relation=st.sampled_from(Relation))
    def invite(self, who, relation):
        if objection(self.answering(), relation, who) is None:
            self.links.append((who, relation, State.INVITED))

    @rule(at=st.integers(0, 20), act=st.sampled_from(Act), suspicious=st.booleans())
    def act(self, at, act, suspicious):
        if not self.links:
            return
        at %= len(self.links)
        who, relation, state = self.links[at]
        if not may(state, act):
            return
        others = self.answering()
        if act in {Act.CONFIRM, Act.APPROVE, Act.ALLOW} and objection(others, relation, who) is not None:
            return
        if act is Act.CONFIRM and suspicious:
            to = State.HELD
        elif act in {Act.CONFIRM, Act.ALLOW}:
            to = State.PENDING_APPROVAL if others else State.ACTIVE
        else:
            (to,) = MOVES[state, act]
        assert to in MOVES[state, act]
        if act in {Act.APPROVE, Act.ALLOW} or (act is Act.CONFIRM and not others and not suspicious):
            self.let_in.add(at)
        self.links[at] = (who, relation, to)

    @invariant()
    def at_most_two_answer_and_two_only_as_parents_or_grandparents(self):
        relations = [one.relation for one in self.answering()]
        assert len(relations) <= 2
        if len(relations) == 2:
            assert set(relations) == PARENTS or set(relations) == {Relation.GRANDPARENT}

    @invariant()
    def nobody_answers_twice(self):
        people = [one.guardian_id for one in self.answering()]
        assert len(people) == len(set(people))

    @invariant()
    def whoever_answers_was_let_in(self):
        assert {at for at, (_, _, state) in enumerate(self.links) if state is State.ACTIVE} <= self.let_in


Family.TestCase.settings = settings(max_examples=30, stateful_step_count=60)
TestFamily = pytest.mark.rule("R18")(Family.TestCase)


@pytest.mark.parametrize("state", sorted(OVER))
def test_nothing_comes_after_what_is_over(state):
    assert not any(may(state, act) for act in Act)


@pytest.mark.rule("R18")
@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        (Relation.FATHER, Relation.MOTHER, None),
        (Relation.GRANDPARENT, Relation.GRANDPARENT, None),
        (Relation.FATHER, Relation.FATHER, Objection.RELATIONS),
        (Relation.MOTHER, Relation.GRANDPARENT, Objection.RELATIONS),
        (Relation.MOTHER, Relation.GUARDIAN_COURT, Objection.RELATIONS),
        (Relation.GUARDIAN_NATURAL, Relation.GUARDIAN_NATURAL, Objection.RELATIONS),
    ],
)
def test_two_answer_together_only_as_both_parents_or_both_grandparents(first, second, refused):
    assert objection([Answering("an", first)], second, "binh") is refused
    assert objection([Answering("an", second)], first, "binh") is refused


@pytest.mark.rule("R18")
def test_a_third_guardian_and_the_same_one_again_are_refused():
    parents = [Answering("an", Relation.FATHER), Answering("binh", Relation.MOTHER)]

    assert objection(parents, Relation.MOTHER, "chi") is Objection.TOO_MANY
    assert objection(parents, Relation.MOTHER, "an") is Objection.ALREADY


@pytest.mark.rule("R17")
@pytest.mark.parametrize("relation", Relation)
def test_everybody_but_a_parent_says_why_the_parents_do_not_answer(relation):
    assert declares_enough(relation, None) is (relation in PARENTS)
    assert all(declares_enough(relation, ground) is (relation not in PARENTS) for ground in WardGround)
