"""Whom a choice asks, and what it says of itself."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from xacthuc.otp.delivery.domain.belief import UNTRIED, Tried, believe
from xacthuc.otp.delivery.domain.choice import Candidate, choose, shares
from xacthuc.otp.delivery.domain.figures import NO_TRIALS, Trials
from xacthuc.policy import Policy
from xacthuc.policy.vocabulary import ChoiceMethod

SAMPLED = Policy.load().choice
WEIGHTED = replace(SAMPLED, method=ChoiceMethod.WEIGHTED)


def known(sent: int, verified: int) -> Tried:
    return Tried(Trials(sent, verified), sent)


def candidate(
    name: str, tried: Tried = UNTRIED, *, weight: int = 100, cost_vnd: int = 300, barred: str = ""
) -> Candidate:
    belief = believe(weight / 100, tried, NO_TRIALS)
    return Candidate(provider=name, weight=weight, cost_vnd=cost_vnd, belief=belief, barred=barred)


def asked(*candidates: Candidate, choice=SAMPLED, seed: int = 1) -> str | None:
    pick = choose(candidates, choice, Random(seed))
    return None if pick is None else pick.provider


def test_without_sampling_the_greatest_weight_is_asked_then_the_first_name() -> None:
    light, heavy, also = candidate("c", weight=99), candidate("b"), candidate("a")

    assert {asked(light, heavy, also, choice=WEIGHTED, seed=seed) for seed in range(50)} == {"a"}


@pytest.mark.parametrize("choice", [SAMPLED, WEIGHTED])
def test_who_is_barred_is_not_asked(choice) -> None:
    assert asked(candidate("a", barred="circuit open"), candidate("b", weight=1), choice=choice) == "b"
    assert asked(candidate("a", barred="circuit open"), choice=choice) is None
    assert asked(choice=choice) is None


@pytest.mark.parametrize("choice", [SAMPLED, WEIGHTED])
def test_who_has_no_weight_is_asked_when_nobody_else_is_left(choice) -> None:
    last, poor = candidate("last", known(500, 499), weight=0), candidate("poor", known(500, 10))

    assert {asked(last, poor, choice=choice, seed=seed) for seed in range(50)} == {"poor"}
    assert asked(last, replace(poor, barred="suspended"), choice=choice) == "last"


def test_with_equal_conversion_the_cheaper_is_asked() -> None:
    cheap, dear = candidate("cheap", known(2_000, 1_800)), candidate("dear", known(2_000, 1_800), cost_vnd=1_500)

    assert {asked(cheap, dear, seed=seed) for seed in range(50)} == {"cheap"}


def test_a_provider_that_is_not_known_gets_its_share_of_choices_and_no_more() -> None:
    found = shares([candidate("known", known(2_000, 1_900)), candidate("new")], SAMPLED, Random(1))

    by_name = {share.candidate.provider: share.percent for share in found}
    assert 3 <= by_name["new"] <= 7
    assert by_name["known"] + by_name["new"] == 100


def test_a_provider_that_is_not_known_is_free_to_compete_with_one_that_collapsed() -> None:
    found = shares([candidate("broken", known(2_000, 100)), candidate("new")], SAMPLED, Random(1))

    assert found[0].candidate.provider == "new"
    assert found[0].percent > 99


def test_without_exploration_nobody_new_is_tried() -> None:
    never = replace(SAMPLED, exploration_percent=0)

    assert shares([candidate("known", known(200, 180)), candidate("new")], never, Random(1))[1].percent == 0


def test_a_choice_tells_what_spoke_for_whom() -> None:
    candidates = [
        candidate("vendor_b", barred="circuit open"),
        candidate("vendor_a", known(400, 372), cost_vnd=320),
        candidate("vendor_c", weight=50, cost_vnd=450),
    ]

    pick = choose(candidates, SAMPLED, Random(1))

    assert pick is not None
    assert pick.why == "vendor_a: 0.94 of 0.91…0.95, 320 đ; vendor_b: circuit open; vendor_c: weight 50, 450 đ"


def test_a_choice_by_weight_tells_weights() -> None:
    pick = choose([candidate("b", weight=10), candidate("a", cost_vnd=0)], WEIGHTED, Random(1))

    assert pick is not None
    assert pick.why == "a: weight 100, 0 đ; b: weight 10, 300 đ"


@pytest.mark.parametrize(
    ("subject", "sentence"),
    [
        (candidate("x", barred="circuit open"), "Not asked: circuit open."),
        (candidate("x", known(400, 372)), "Conversion 0.91…0.95 at 300 đ a message."),
        (candidate("x", weight=0), "Asked when nobody else is left."),
        (
            candidate("x"),
            "Conversion 0.67…1.00 at 300 đ a message, from too few codes to know: tried out with 5 % of choices.",
        ),
    ],
)
def test_each_share_is_explained_in_a_sentence(subject: Candidate, sentence: str) -> None:
    found = shares([subject, candidate("other", known(2_000, 1_990), cost_vnd=0)], SAMPLED, Random(1))

    assert next(share.why for share in found if share.candidate is subject) == sentence


def test_shares_are_the_same_for_the_same_seed() -> None:
    candidates = [candidate("a", known(100, 90)), candidate("b", known(100, 88))]

    assert shares(candidates, SAMPLED, Random(3)) == shares(candidates, SAMPLED, Random(3))
