"""Ten and more years of birthdays, looked at on any days: a link stands until the child is 16, and no longer."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.guardian.domain.assents import Assent
from xacthuc.guardian.domain.life import AgeBand, Holder, ending, next_look
from xacthuc.guardian.domain.links import EndCause
from xacthuc.policy import age_on
from xacthuc.policy.dates import birthday, local_date, start_of_day

BORN = st.dates(date(2008, 1, 1), date(2024, 12, 31)) | st.sampled_from([date(2012, 2, 29), date(2016, 2, 29)])
ADULT = Holder(in_use=True, band=AgeBand.ADULT)
HOLDERS = st.builds(Holder, st.booleans(), st.none() | st.sampled_from(AgeBand))
NOW = datetime(2026, 11, 28, tzinfo=UTC)


def holder_on(born: date, day: date) -> Holder:
    reached = sum(age_on(born, day) >= age for age in (7, 16, 18))
    return Holder(in_use=True, band=list(AgeBand)[reached])


@pytest.mark.rule("R22")
@given(born=BORN, gaps=st.lists(st.integers(1, 900), min_size=1, max_size=20))
def test_however_late_somebody_looks_the_link_ends_with_the_sixteenth_birthday(born: date, gaps: list[int]) -> None:
    day = born
    for gap in gaps:
        day += timedelta(days=gap)
        ended = ending(holder_on(born, day), ADULT, legal_person=False)
        assert (ended is EndCause.CAME_OF_AGE) == (day >= birthday(born, 16))


@pytest.mark.rule("R20")
@given(born=BORN, gaps=st.lists(st.integers(1, 900), min_size=1, max_size=20))
def test_the_guardians_consent_alone_counts_until_the_seventh_birthday(born: date, gaps: list[int]) -> None:
    assent, day = Assent(child="a", feature="map", guardian_accept_time=NOW, guardian_link="l"), born
    for gap in gaps:
        day += timedelta(days=gap)
        assert assent.is_complete(holder_on(born, day), represented=True) == (day < birthday(born, 7))


@pytest.mark.rule("R17")
@given(born=BORN, days=st.integers(-2, 2))
def test_nobody_answers_for_a_child_before_the_eighteenth_birthday(born: date, days: int) -> None:
    day = birthday(born, 18) + timedelta(days=days)
    child = Holder(in_use=True, band=AgeBand.BELOW_ASSENT)
    fit = ending(child, holder_on(born, day), legal_person=False) is None
    assert fit == (days >= 0)


@pytest.mark.parametrize(
    ("born", "eve", "day"),
    [
        (date(2010, 11, 28), date(2026, 11, 27), date(2026, 11, 28)),
        (date(2012, 2, 29), date(2028, 2, 28), date(2028, 2, 29)),
        (date(2013, 3, 1), date(2029, 2, 28), date(2029, 3, 1)),
    ],
    ids=["a plain day", "a leap day", "the day after"],
)
def test_a_link_stands_on_the_eve_and_not_on_the_day(born: date, eve: date, day: date) -> None:
    endings = [ending(holder_on(born, each), ADULT, legal_person=False) for each in (eve, day)]
    assert endings == [None, EndCause.CAME_OF_AGE]


@pytest.mark.rule("R17")
@given(child=HOLDERS, guardian=HOLDERS, legal_person=st.booleans())
def test_a_link_stands_only_between_a_child_and_an_adult_in_use(
    child: Holder, guardian: Holder, legal_person: bool
) -> None:
    stands = ending(child, guardian, legal_person=legal_person) is None
    grown = guardian.band in {None, AgeBand.ADULT} or legal_person
    assert stands == (child.in_use and child.is_child and guardian.in_use and grown)


@given(seconds=st.integers(0, 10**9), ward=st.text(max_size=20))
def test_the_next_look_is_in_the_first_hour_of_the_next_day_in_vietnam(seconds: int, ward: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    later = next_look(now, ward)
    assert timedelta(0) <= later - start_of_day(local_date(now) + timedelta(days=1)) < timedelta(hours=1)
