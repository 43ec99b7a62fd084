"""What is believed of a provider: what counts of the past, and what weight and other operator ranges add."""

from __future__ import annotations

import pytest

from xacthuc.otp.delivery.domain.belief import (
    FRESH_MS,
    FRESH_SENDS,
    KNOWN_SENDS,
    POOLED_SENDS,
    PRIOR_CONVERSION,
    PRIOR_SENDS,
    SETTLE_MS,
    STALE_SENDS,
    UNTRIED,
    Tried,
    believe,
    elsewhere,
    faded,
)
from xacthuc.otp.delivery.domain.figures import NO_TRIALS, Place, Stretch, Trials

NOW_MS = 500_000 * 3_600_000
HALF_LIFE_MS = 6 * 3_600_000
SETTLED_MS = NOW_MS - SETTLE_MS


def tried(*stretches: Stretch) -> Tried:
    return faded(stretches, NOW_MS, HALF_LIFE_MS)


def test_a_minute_counts_when_its_codes_had_time_to_be_entered() -> None:
    assert tried(Stretch(SETTLED_MS + 1, Trials(100, 0))) == UNTRIED
    assert tried(Stretch(SETTLED_MS, Trials(100, 80))).trials.sent == pytest.approx(100, rel=0.01)


def test_after_a_half_life_a_send_counts_half() -> None:
    found = tried(Stretch(NOW_MS - HALF_LIFE_MS, Trials(40, 20)))

    assert found.trials == pytest.approx((20, 10))
    assert found.fresh_sends == 0


def test_of_much_traffic_the_latest_sends_decide() -> None:
    now, before = Stretch(SETTLED_MS, Trials(5_000, 1_000)), Stretch(SETTLED_MS - 60_000, Trials(5_000, 5_000))

    found = tried(now, before)

    assert found.fresh_sends == pytest.approx(FRESH_SENDS)
    assert found.trials.verified / found.trials.sent == pytest.approx(0.2)


def test_what_is_stale_counts_as_a_hint_however_much_it_was() -> None:
    found = tried(Stretch(NOW_MS - FRESH_MS, Trials(50_000, 5_000)))

    assert found.trials == pytest.approx((STALE_SENDS, STALE_SENDS / 10))


def test_more_codes_entered_than_sent_count_as_all() -> None:
    found = tried(Stretch(SETTLED_MS, Trials(2, 3)))

    assert found.trials.verified == found.trials.sent


def test_weight_is_all_that_is_known_at_first_and_a_heavier_provider_is_believed_better() -> None:
    heavy, light = believe(1.0, UNTRIED, NO_TRIALS), believe(0.5, UNTRIED, NO_TRIALS)

    assert heavy.mean == pytest.approx(PRIOR_CONVERSION)
    assert light.mean == pytest.approx(0.95 * PRIOR_CONVERSION)
    assert heavy.alpha + heavy.beta == pytest.approx(PRIOR_SENDS)


def test_experience_overrules_weight() -> None:
    own = Tried(Trials(100, 95), 100)

    assert believe(0.1, own, NO_TRIALS).mean > believe(1.0, UNTRIED, NO_TRIALS).mean


def test_other_operator_ranges_are_a_hint_of_a_bounded_strength() -> None:
    belief = believe(1.0, UNTRIED, Trials(10_000, 1_000))

    assert belief.alpha + belief.beta == pytest.approx(PRIOR_SENDS + POOLED_SENDS)
    assert belief.mean == pytest.approx((PRIOR_SENDS * PRIOR_CONVERSION + POOLED_SENDS * 0.1) / 30)


def test_only_the_same_provider_and_channel_in_another_range_is_elsewhere() -> None:
    one = Tried(Trials(1, 1), 1)
    known = {
        Place("a", "viettel", 1): one,
        Place("a", "mobifone", 1): one,
        Place("a", "vinaphone", 1): one,
        Place("a", "mobifone", 2): one,
        Place("b", "mobifone", 1): one,
    }

    assert elsewhere(known, Place("a", "viettel", 1)) == Trials(2, 2)


@pytest.mark.parametrize(("fresh", "known"), [(KNOWN_SENDS - 1, False), (KNOWN_SENDS, True)])
def test_a_provider_is_known_by_its_fresh_sends(fresh: float, known: bool) -> None:
    assert believe(1.0, Tried(Trials(1_000, 900), fresh), NO_TRIALS).known is known


def test_the_range_holds_nine_draws_of_ten() -> None:
    assert believe(1.0, Tried(Trials(400, 360), 400), NO_TRIALS).range_90 == "0.87…0.92"
