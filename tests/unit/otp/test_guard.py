"""The guard's formulas, by hand: docs/fraud.md has the same numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from xacthuc.otp.domain.guard import (
    GuardDecision,
    GuardRules,
    Kind,
    Known,
    Subject,
    Thresholds,
    Verdict,
    gravest,
    judge,
)
from xacthuc.otp.domain.guard_ledger import SLOT_MS, Figures, Ledger, life_slots
from xacthuc.ratelimit.gcra import DAY_HOURS, HOUR_MS

pytestmark = pytest.mark.rule("R36")

NOW_MS = 1_795_402_800_000
DAY_MS = DAY_HOURS * HOUR_MS
BLOCK = Subject(Kind.PREFIX, "4fQx")
RANGE = Subject(Kind.OPERATOR, "viettel")
CALM = Figures(unverified_day=0, verified_day=0, unverified_hour=0, verified_hour=0, best_day=0, in_flight=1)


def thresholds(*, own_learning: bool = False) -> Thresholds:
    return Thresholds(
        day_floor=30,
        hour_floor=10,
        flight_floor=10,
        share_permille=500,
        flight_share_permille=250,
        own_learning=own_learning,
    )


RULES = GuardRules(
    enforced=True,
    record_ms=14 * DAY_MS,
    thresholds={Kind.PREFIX: thresholds(), Kind.OPERATOR: thresholds(own_learning=True)},
)


def said(figures: Figures, subject: Subject = BLOCK, rules: GuardRules = RULES, **known: int) -> GuardDecision:
    facts = {"first_ms": 1, "since_ms": 1, **known}
    return judge(subject, Known(figures=figures, **facts), rules, NOW_MS)


def test_a_quiet_subject_has_the_floors() -> None:
    assert said(CALM) == GuardDecision(Verdict.PASSED, "prefix:4fQx", 0, 30, 0, 10)


def test_half_of_the_best_of_fourteen_days_may_fail_in_a_day_and_a_sixth_of_that_in_an_hour() -> None:
    decision = said(replace_figures(best_day=600))
    assert (decision.day_limit, decision.hour_limit) == (300, 50)


def test_half_of_what_the_last_day_verified_may_fail_when_that_is_more() -> None:
    assert said(replace_figures(best_day=600, verified_day=800)).day_limit == 400


def test_half_of_what_the_last_hour_verified_may_fail_in_an_hour_when_that_is_more() -> None:
    assert said(replace_figures(verified_hour=60)).hour_limit == 30


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        ({"unverified_day": 30}, Verdict.PASSED),
        ({"unverified_day": 31}, Verdict.CHALLENGED),
        ({"unverified_hour": 10}, Verdict.PASSED),
        ({"unverified_hour": 11}, Verdict.CHALLENGED),
        ({"in_flight": 20}, Verdict.PASSED),
        ({"in_flight": 21}, Verdict.CHALLENGED),
        ({"in_flight": 210, "verified_hour": 800}, Verdict.PASSED),
    ],
    ids=str,
)
def test_one_more_than_the_limit_is_too_many(figures: dict[str, int], verdict: Verdict) -> None:
    assert said(replace_figures(**figures)).verdict is verdict


def test_codes_in_flight_beyond_the_plausible_count_at_once() -> None:
    decision = said(replace_figures(in_flight=15, unverified_hour=3, unverified_day=4))
    assert (decision.day_count, decision.hour_count) == (9, 8)


TOO_MANY = CALM._replace(unverified_day=31)


def test_an_exempted_subject_passes_and_says_so() -> None:
    assert said(TOO_MANY, exempt_until_ms=NOW_MS + 1).verdict is Verdict.EXEMPTED


def test_an_exemption_ends() -> None:
    assert said(TOO_MANY, exempt_until_ms=NOW_MS).verdict is Verdict.CHALLENGED


def test_nothing_is_enforced_that_is_not_to_be() -> None:
    assert said(TOO_MANY, rules=replace(RULES, enforced=False)).verdict is Verdict.RECORDED


def test_nothing_is_enforced_in_the_guards_first_fortnight() -> None:
    assert said(TOO_MANY, since_ms=NOW_MS - 14 * DAY_MS + 1).verdict is Verdict.RECORDED


def test_a_range_is_learned_for_a_fortnight_of_its_own() -> None:
    assert said(TOO_MANY, RANGE, first_ms=NOW_MS - 14 * DAY_MS + 1).verdict is Verdict.RECORDED


def test_a_block_nobody_ever_asked_codes_for_is_not() -> None:
    assert said(TOO_MANY, first_ms=NOW_MS).verdict is Verdict.CHALLENGED


def test_the_gravest_decision_holds_for_a_message_of_several_subjects() -> None:
    passed, recorded = said(CALM, RANGE), said(TOO_MANY, rules=replace(RULES, enforced=False))
    assert gravest([passed, recorded]) is recorded


def test_a_decision_survives_its_text() -> None:
    decision = said(TOO_MANY)
    assert GuardDecision.parse(decision.text) == decision


@pytest.mark.parametrize("name", ["", "viettel", "operator:", "platform:forum"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        Subject.parse(name)


def test_a_code_is_in_flight_for_its_life_and_ripe_a_slot_later() -> None:
    ledger, slot_start_ms = Ledger(life_slots(300_000)), NOW_MS // SLOT_MS * SLOT_MS
    ledger.count(slot_start_ms)
    assert ledger.figures(slot_start_ms + 2 * SLOT_MS - 1).in_flight == 1
    assert ledger.figures(slot_start_ms + 2 * SLOT_MS)[:3] == (1, 0, 1)


def test_a_code_of_ten_minutes_is_in_flight_for_them() -> None:
    assert life_slots(600_000) == 2


def test_an_entered_code_vouches_for_every_message_that_carried_it() -> None:
    ledger = Ledger(1)
    for minute in (0, 1, 3):
        ledger.count(NOW_MS + minute * 60_000)
    ledger.verify(NOW_MS, 3, NOW_MS + 240_000)
    assert ledger.figures(NOW_MS + HOUR_MS).unverified_day == 0


def test_what_happened_yesterday_is_forgotten_by_tomorrow_but_for_how_much_was_verified() -> None:
    ledger = Ledger(1)
    for _ in range(5):
        ledger.count(NOW_MS)
    ledger.verify(NOW_MS, 2, NOW_MS)
    figures = ledger.figures(NOW_MS + 2 * DAY_MS)
    assert figures == Figures(0, 0, 0, 0, 2, 0)


def test_the_best_day_is_forgotten_after_a_fortnight() -> None:
    ledger = Ledger(1)
    ledger.count(NOW_MS)
    ledger.verify(NOW_MS, 1, NOW_MS)
    ledger.figures(NOW_MS + DAY_MS)
    assert ledger.figures(NOW_MS + 15 * DAY_MS).best_day == 0


def replace_figures(**figures: int) -> Figures:
    return CALM._replace(**figures)
