"""What comparisons say together, what findings lead to, and that counts balance, whatever is found in whatever order."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.identity.domain.facts import EvidenceKind, Facts
from xacthuc.identity.domain.reconciliation import (
    LOST,
    NOTHING_KNOWN,
    Checked,
    FindingKind,
    Match,
    Sides,
    Tally,
    Verdicts,
    action_of,
    agreed,
    compared,
    identity_record,
)
from xacthuc.identity.domain.transitions import Given, Transition, happen
from xacthuc.policy import FindingAction, Policy

RULES = Policy.load().reconciliation
matches = st.sampled_from(Match)
verdicts = st.builds(Verdicts, full_name=matches, birth_date=matches, personal_id=matches)
sides = st.builds(Sides, subscriber=verdicts, identity=verdicts)
rules = st.builds(
    lambda actions: replace(RULES, **actions),
    st.fixed_dictionaries(
        {
            kind.value.lower(): st.sampled_from(FindingAction)
            for kind in FindingKind
            if kind is not FindingKind.UNANSWERED
        }
    ),
)


@given(st.lists(verdicts, max_size=4), st.randoms())
def test_the_order_of_the_sides_says_nothing(sides, chance):
    shuffled = chance.sample(sides, len(sides))
    assert agreed(*sides) == agreed(*shuffled)


@given(st.lists(verdicts, max_size=4))
def test_each_detail_is_judged_by_itself(sides):
    together = agreed(*sides)
    for one in fields(Verdicts):
        said = {getattr(side, one.name) for side in sides}
        assert (getattr(together, one.name) is Match.MISMATCH) == (Match.MISMATCH in said)
        assert (getattr(together, one.name) is Match.UNKNOWN) == (said <= {Match.UNKNOWN})


@given(st.lists(verdicts, max_size=3))
def test_who_says_nothing_changes_nothing(sides):
    assert agreed(*sides, NOTHING_KNOWN) == agreed(*sides)


@pytest.mark.rule("R55")
@given(rules, st.sampled_from(FindingKind))
def test_policy_decides_what_a_finding_leads_to_and_silence_leads_to_nothing(ours, kind):
    action = action_of(kind, ours)
    if kind is FindingKind.UNANSWERED:
        assert action is FindingAction.NOTHING
    else:
        assert action is getattr(ours, kind.value.lower())


@pytest.mark.rule("R30")
@given(st.sampled_from(FindingAction), st.frozensets(st.sampled_from(EvidenceKind)))
def test_no_finding_locks_or_ends_an_account_or_takes_its_guardian(action, evidence):
    facts = Facts(registered=True, evidence=evidence)
    after = happen(Transition.REVERIFICATION_REQUIRED, facts, Given(lost=LOST.get(action, frozenset())), 0)
    if isinstance(after, Facts):
        assert (after.life, after.locked_until_ms) == (facts.life, 0)
        assert evidence - after.evidence <= LOST[action]
        assert (EvidenceKind.GUARDIAN in after.evidence) == (EvidenceKind.GUARDIAN in evidence)
    else:
        assert not evidence & LOST.get(action, frozenset())


@pytest.mark.rule("R30")
def test_by_default_only_a_number_that_is_somebody_elses_or_nobodys_has_to_be_proven_again():
    changing = {kind for kind in FindingKind if action_of(kind, RULES) in LOST}
    assert changing == {FindingKind.RECYCLED, FindingKind.DEACTIVATED}
    assert {action_of(kind, RULES) for kind in changing} == {FindingAction.REVERIFY}


@given(st.lists(st.lists(st.tuples(st.sampled_from(Checked), sides), max_size=5), max_size=5))
def test_counts_balance_over_pages_and_through_the_database(pages):
    total = Tally()
    for page in pages:
        tally = Tally()
        for became, said in page:
            tally.check(became)
            tally.compare(said)
        total.add(tally)
        total = Tally(dict(total.counts))
    checked = sum(map(len, pages))
    assert total.balanced
    assert total.of("CHECKED") == checked
    for side in ("", "subscriber", "identity"):
        assert sum(total.of(compared(side, "full_name", match)) for match in Match) == checked
    told = [one.subscriber.birth_date for page in pages for _, one in page]
    assert total.of("subscriber.birth_date/MISMATCH") == told.count(Match.MISMATCH)


@pytest.mark.rule("R41")
@given(st.sampled_from(["", "001090000123", "001090000124"]), st.sampled_from(["", "001090000123"]))
def test_the_identity_record_says_nothing_of_who_was_never_confirmed(authenticated, declared):
    said = identity_record(authenticated, declared)

    assert (said == NOTHING_KNOWN) == (not authenticated)
    assert said.has(Match.MISMATCH) == bool(authenticated and declared not in {"", authenticated})
