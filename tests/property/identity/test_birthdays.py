"""Ten years of birthdays: what 7, 16 and 18 change, changes at 00:00 in Vietnam of that day, 29 February included."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xacthuc.identity.domain.decision import decide
from xacthuc.identity.domain.facts import FOREVER_MS, EvidenceKind, Facts, Supervision, foreseeable
from xacthuc.identity.domain.guardianship import Relation, is_of_age
from xacthuc.identity.domain.holders import AgeBand, age_band
from xacthuc.policy import Action, Policy, Reason

POLICY, HANOI = Policy.load(), ZoneInfo("Asia/Ho_Chi_Minh")
START = datetime(2026, 11, 28, tzinfo=HANOI)
ALLOWED = Supervision(FOREVER_MS, suspended=False, actions=frozenset(Action), quiet_from=0, quiet_to=0)
LEAP_DAYS = [date(year, 2, 29) for year in (2008, 2012, 2016, 2020, 2024)]
BORN = st.dates(date(2008, 1, 1), date(2026, 11, 27)) | st.sampled_from(LEAP_DAYS)
LATER = st.timedeltas(timedelta(0), timedelta(days=3653))
BANDS = {7: AgeBand.BELOW_INDEPENDENCE, 16: AgeBand.BELOW_CAPACITY, 18: AgeBand.ADULT}


def birthdays_until(born: date, day: date) -> int:
    """Counts them one by one, as a family does; who has none in a common year has it on 1 March."""
    had = 0
    while True:
        try:
            next_one = date(born.year + had + 1, born.month, born.day)
        except ValueError:
            next_one = date(born.year + had + 1, 3, 1)
        if next_one > day:
            return had
        had += 1


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def child_of(born: date, *, guarded: bool) -> Facts:
    return Facts(
        registered=True,
        evidence=frozenset({EvidenceKind.GUARDIAN}) if guarded else frozenset(),
        child_until_ms=ms(POLICY.independent_from(born)),
        supervision=ALLOWED if guarded else ALLOWED._replace(guarded_until_ms=0),
    )


@pytest.mark.rule("R9")
@pytest.mark.rule("R22")
@given(born=BORN, later=LATER, guarded=st.booleans())
@example(born=date(2012, 2, 29), later=datetime(2028, 2, 29, tzinfo=HANOI) - START, guarded=True)
@example(born=date(2012, 2, 29), later=datetime(2028, 2, 28, 23, 59, 59, tzinfo=HANOI) - START, guarded=True)
def test_a_guardian_counts_below_16_and_nobody_elses_word_does(born, later, guarded):
    now = START + later
    facts, is_child = child_of(born, guarded=guarded), birthdays_until(born, now.date()) < 16

    reason = decide(facts, Action.POST, ms(now), POLICY).reason

    if is_child:
        assert reason is (Reason.VERIFIED if guarded else Reason.GUARDIAN_REQUIRED)
    else:
        assert reason is Reason.NOT_VERIFIED
    read = ms(now) - 30_000  # as long as facts are believed
    assert decide(foreseeable(facts, read), Action.POST, ms(now), POLICY).reason is reason


@given(born=BORN, age=st.sampled_from([7, 16, 18]))
@example(born=date(2020, 2, 29), age=7)
@example(born=date(2012, 2, 29), age=18)
def test_an_age_begins_with_its_day_in_vietnam(born, age):
    year = born.year + age
    day = date(year, 3, 1) if (born.month, born.day) == (2, 29) and year % 4 else date(year, born.month, born.day)
    midnight = datetime(day.year, day.month, day.day, tzinfo=HANOI)

    assert age_band(born, POLICY, midnight) is BANDS[age]
    assert age_band(born, POLICY, midnight - timedelta(seconds=1)) is not BANDS[age]


@pytest.mark.rule("R17")
@given(born=BORN, later=LATER, relation=st.sampled_from(Relation))
def test_nobody_under_18_answers_for_a_child_but_an_institution(born, later, relation):
    now = START + later

    of_age = is_of_age(relation, born, POLICY, now)

    assert of_age == (relation is Relation.GUARDIAN_LEGAL_PERSON or birthdays_until(born, now.date()) >= 18)


@pytest.mark.rule("R22")
@given(born=BORN, later=LATER)
def test_no_answer_about_a_child_is_kept_beyond_the_birthday(born, later):
    now, facts = START + later, child_of(born, guarded=True)

    decision = decide(facts, Action.POST, ms(now), POLICY)

    if decision.allowed:
        assert ms(now) + decision.reuse_seconds * 1000 <= facts.child_until_ms
