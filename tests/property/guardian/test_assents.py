"""Publishing a child's private information takes the guardian always, and the child from the age of 7 on."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.guardian.domain.assents import Assent, AssentRefusal, refusal
from xacthuc.guardian.domain.life import AgeBand, Holder

TIMES = st.none() | st.just(datetime(2026, 11, 28, tzinfo=UTC))
BANDS = st.none() | st.sampled_from(AgeBand)


@pytest.mark.rule("R20")
@given(band=BANDS, child=TIMES, guardian=TIMES, represented=st.booleans(), in_use=st.booleans())
def test_it_takes_both_from_seven_on(
    band: AgeBand | None, child: datetime | None, guardian: datetime | None, represented: bool, in_use: bool
) -> None:
    assent = Assent(child="a", feature="map", child_accept_time=child, guardian_accept_time=guardian)
    both = {
        AgeBand.BELOW_ASSENT: guardian is not None and represented,
        AgeBand.BELOW_INDEPENDENCE: guardian is not None and represented and child is not None,
    }
    complete = assent.is_complete(Holder(in_use=in_use, band=band), represented=represented)
    assert complete == (in_use and band is not None and both.get(band, False))


@pytest.mark.parametrize(
    ("band", "by_child", "refused"),
    [
        (AgeBand.BELOW_ASSENT, True, AssentRefusal.TOO_YOUNG),
        (AgeBand.BELOW_ASSENT, False, None),
        (AgeBand.BELOW_INDEPENDENCE, True, None),
        (AgeBand.BELOW_CAPACITY, True, AssentRefusal.NOT_A_CHILD),
        (AgeBand.ADULT, False, AssentRefusal.NOT_A_CHILD),
    ],
)
def test_whose_consent_is_taken(band: AgeBand, by_child: bool, refused: AssentRefusal | None) -> None:
    assert refusal(Holder(in_use=True, band=band), by_child=by_child) is refused


def test_nothing_is_taken_of_an_account_that_is_closed() -> None:
    closed = Holder(in_use=False, band=AgeBand.BELOW_INDEPENDENCE)
    assert refusal(closed, by_child=True) is AssentRefusal.NOT_A_CHILD
