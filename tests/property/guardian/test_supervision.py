"""Whatever guardians say, in whatever order: what is never a child's stays so, and what is not said stays."""

from hypothesis import given
from hypothesis import strategies as st

from xacthuc.guardian.domain.life import AgeBand
from xacthuc.guardian.domain.supervision import (
    DAY_MINUTES,
    NEVER_ALLOWED,
    NO_QUIET_HOURS,
    Change,
    QuietHours,
    Supervision,
    beginning,
    changed,
    widens,
)
from xacthuc.policy import Action, Policy

POLICY = Policy.load()
MINUTES = st.integers(0, DAY_MINUTES - 1)
QUIET = st.builds(QuietHours, MINUTES, MINUTES)
ACTIONS = st.frozensets(st.sampled_from(Action))
CHANGES = st.builds(Change, st.none() | ACTIONS, st.none() | QUIET, st.none() | st.booleans())


@given(band=st.sampled_from(AgeBand), changes=st.lists(CHANGES, max_size=30))
def test_no_guardian_allows_what_is_no_childs(band: AgeBand, changes: list[Change]) -> None:
    now = beginning(POLICY, band)
    for change in changes:
        now = changed(now, change)
        assert not now.actions & NEVER_ALLOWED
        assert now.quiet == NO_QUIET_HOURS or now.quiet.start != now.quiet.end


@given(kept=st.builds(Supervision, ACTIONS, QUIET, st.booleans()), change=CHANGES)
def test_what_is_not_said_stays(kept: Supervision, change: Change) -> None:
    after = changed(kept, change)
    assert change.actions is not None or after.actions == kept.actions
    assert change.quiet is not None or after.quiet == kept.quiet
    assert change.suspended is not None or after.suspended == kept.suspended
    assert changed(after, change) == after


def may(kept: Supervision, action: Action, minute: int) -> bool:
    """Says it the long way."""
    start, end = kept.quiet
    quiet = start <= minute < end if start <= end else minute >= start or minute < end
    return not kept.suspended and action in kept.actions and not quiet


SUPERVISIONS = st.builds(Supervision, ACTIONS, QUIET, st.booleans())


@given(before=SUPERVISIONS, after=SUPERVISIONS, action=st.sampled_from(Action), minute=MINUTES)
def test_whatever_is_possible_only_afterwards_is_a_widening(
    before: Supervision, after: Supervision, action: Action, minute: int
) -> None:
    assert widens(before, after) or may(before, action, minute) or not may(after, action, minute)


@given(kept=SUPERVISIONS)
def test_a_suspension_widens_nothing_and_its_end_does(kept: Supervision) -> None:
    assert not widens(kept, kept._replace(suspended=True))
    assert widens(kept._replace(suspended=True), kept._replace(suspended=False))


def test_who_is_too_young_to_be_asked_publishes_nothing_before_a_guardian_says_so() -> None:
    assert not beginning(POLICY, AgeBand.BELOW_ASSENT).actions
