"""What a row of a list means: every row is one thing, and nothing follows for who proved the number since."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.cli.lists.rows import Kind
from xacthuc.identity.domain.number_lists import (
    Batch,
    Holder,
    ListedNumber,
    NumberList,
    RowOutcome,
    count,
    judge,
)
from xacthuc.identity.domain.reconciliation import FindingKind, Match, Tally, Verdicts
from xacthuc.policy import FindingAction, Policy

RULES = Policy.load().reconciliation
NOON = datetime(2026, 11, 1, 5, tzinfo=UTC)

matches = st.sampled_from(Match)
rows = st.builds(
    ListedNumber,
    number=st.just("+84912345678"),
    observe_time=st.just(NOON),
    verdicts=st.builds(Verdicts, full_name=matches, birth_date=matches, personal_id=matches),
    sim_count=st.integers(0, 12),
)
holders = st.lists(
    st.builds(
        Holder,
        platform=st.sampled_from(["forum", "video"]),
        account_id=st.sampled_from(["an", "binh"]),
        evidence_id=st.integers(1, 9),
        verify_time=st.integers(-3, 3).map(lambda days: NOON + timedelta(days=days)),
    ),
    max_size=4,
)
kinds = st.sampled_from([FindingKind[kind.name] for kind in Kind])


def a_list(kind: FindingKind) -> NumberList:
    return NumberList(
        list_id="l",
        digest="d",
        kind=kind,
        source="viettel",
        dry_run=False,
        actor="operator:o",
        create_time=NOON,
        update_time=NOON,
    )


@pytest.mark.rule("R30")
@given(row=rows, standing=holders, kind=kinds)
def test_a_finding_is_about_a_number_that_was_proven_before_it_was_seen(row, standing, kind):
    outcome, found = judge(row, a_list(kind), standing, RULES)
    older = {holder.evidence_id for holder in standing if holder.verify_time < row.observe_time}
    assert {finding.evidence_id for finding in found} <= older
    assert (outcome is RowOutcome.UNKNOWN) == (not standing)
    assert bool(found) <= (outcome is not RowOutcome.UNKNOWN)
    assert {(finding.kind, finding.source) for finding in found} <= {(kind, "list/viettel")}


@given(row=rows, standing=holders, kind=kinds)
def test_what_became_of_a_row_is_what_the_policy_says_of_its_findings(row, standing, kind):
    outcome, found = judge(row, a_list(kind), standing, RULES)
    action = getattr(RULES, kind.value.lower())
    assert outcome == (RowOutcome(action.value) if found else outcome)
    assert found or outcome in {RowOutcome.UNKNOWN, RowOutcome.NOTHING}


@given(row=rows, standing=holders.filter(bool))
def test_a_list_of_mismatches_finds_nothing_where_no_detail_differs(row, standing):
    _, found = judge(row, a_list(FindingKind.SUBSCRIBER_MISMATCH), standing, RULES)
    assert not found or row.verdicts.has(Match.MISMATCH)


@given(row=rows, standing=holders.filter(bool))
def test_as_many_sims_as_a_paper_may_have_are_no_finding(row, standing):
    _, found = judge(row, a_list(FindingKind.TOO_MANY_SIMS), standing, RULES)
    assert not found or row.sim_count == 0 or row.sim_count > RULES.sims_per_paper


@given(
    outcomes=st.lists(st.sampled_from([each for each in RowOutcome if each is not RowOutcome.REJECTED]), max_size=30),
    unused=st.integers(0, 9),
)
def test_counts_balance_to_the_row(outcomes, unused):
    batch = Batch(first_row=0, row_count=len(outcomes) + unused, numbers=(), complete=False)
    tally = count(outcomes, batch)
    assert sum(tally.counts.values()) == batch.row_count
    assert tally.of("ROWS/REJECTED") == unused


@given(
    first=st.integers(0, 50),
    used=st.sets(st.integers(0, 19), max_size=20),
    size=st.integers(0, 20),
    taken=st.integers(0, 90),
)
def test_what_is_left_of_a_batch_begins_where_the_list_is(first, used, size, taken):
    numbers = tuple((first + place, None) for place in sorted(used) if place < size)
    rest = Batch(first_row=first, row_count=size, numbers=numbers, complete=False).rest(taken)
    assert rest.end == max(first + size, taken, first)
    assert rest.first_row == max(first, taken)
    assert [place for place, _ in rest.numbers] == [place for place, _ in numbers if place >= taken]
    assert len(rest.numbers) <= rest.row_count


def test_every_action_of_the_policy_is_an_outcome_of_rows():
    assert {action.value for action in FindingAction} <= {outcome.value for outcome in RowOutcome}


def test_a_list_that_was_not_begun_counted_nothing():
    assert a_list(FindingKind.BLOCKED).tally.counts == Tally().counts
