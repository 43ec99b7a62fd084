"""The arithmetic of a day's money."""

from __future__ import annotations

from dataclasses import replace

import pytest

from xacthuc.otp.domain.spending import EVERYBODY, NO_CAP_VND, Budget, Spending, default_cap_vnd, payers
from xacthuc.policy import Policy

TODAY = 20_000
MONEY = Spending(platform="forum", budget=Budget.CODES, cap_vnd=1_000, day=TODAY)


def test_a_cap_is_spent_to_the_last_dong_and_no_further() -> None:
    almost = replace(MONEY, spent_vnd=700)

    assert almost.pays(300)
    assert not almost.pays(301)


def test_without_a_cap_everything_is_paid_and_counted() -> None:
    free = replace(MONEY, cap_vnd=NO_CAP_VND).asked(10**9).asked(1)

    assert free.spent_vnd == 10**9 + 1
    assert not free.exhausted


def test_a_cap_of_nothing_lets_not_even_out_what_is_free() -> None:
    assert not replace(MONEY, cap_vnd=0).pays(0)


def test_what_cannot_be_paid_is_not_counted() -> None:
    assert replace(MONEY, spent_vnd=900).asked(200).spent_vnd == 900


@pytest.mark.parametrize(("spent", "exhausted"), [(0, False), (700, False), (701, True), (1_000, True)])
def test_money_is_over_when_the_cheapest_message_known_does_not_fit(spent: int, exhausted: bool) -> None:
    assert replace(MONEY, spent_vnd=spent, least_vnd=300).exhausted is exhausted


def test_a_dear_message_that_does_not_fit_leaves_the_rest_to_cheaper_ones() -> None:
    money = replace(MONEY, spent_vnd=500).asked(300).asked(900)

    assert (money.spent_vnd, money.least_vnd, money.exhausted) == (800, 300, True)
    assert not replace(MONEY, spent_vnd=400).asked(300).asked(900).exhausted


def test_a_new_day_starts_with_nothing_spent_and_the_same_cap() -> None:
    tomorrow = replace(MONEY, spent_vnd=1_000, least_vnd=300).on(TODAY + 1)

    assert (tomorrow.spent_vnd, tomorrow.least_vnd, tomorrow.cap_vnd, tomorrow.exhausted) == (0, 0, 1_000, False)


def test_a_clock_that_is_behind_does_not_reopen_yesterday() -> None:
    assert replace(MONEY, spent_vnd=1_000).on(TODAY - 1).spent_vnd == 1_000


@pytest.mark.rule("R36")
def test_all_platforms_together_have_a_ceiling_by_default_and_pay_from_it_too() -> None:
    spend = Policy.load().spend

    for budget in Budget:
        assert default_cap_vnd(spend, EVERYBODY, budget) > 0
        assert payers(spend, "forum", budget) == ("forum", EVERYBODY)


def test_without_a_ceiling_only_the_platform_pays() -> None:
    spend = replace(Policy.load().spend, system_codes_per_day_vnd=-1)

    assert payers(spend, "forum", Budget.CODES) == ("forum",)
