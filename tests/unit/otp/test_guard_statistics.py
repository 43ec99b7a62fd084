"""The bundled thresholds against made-up days, with seeds: nobody is asked on a normal day, and an attack is stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from xacthuc.otp.domain.guard import GuardRules
from xacthuc.otp.simulate.generate import DAY_MS, Attack, Days, traffic
from xacthuc.otp.simulate.replay import Replay, Report
from xacthuc.policy import Policy
from xacthuc.ratelimit.gcra import HOUR_MS

pytestmark = pytest.mark.rule("R36")

MIDNIGHT_MS = 1_795_453_200_000
"""2026-11-24 in Vietnam."""
RULES = replace(GuardRules.of(Policy.load().guard), enforced=True, record_ms=0)
"""Enforced from the first message on, without any history: harder than it ever is."""
FARM = Attack(start_ms=MIDNIGHT_MS + 10 * HOUR_MS, lasting_ms=2 * HOUR_MS, per_minute=60)
SENT_BY_THE_FARM = 7200
A_DAY_OF_A_BLOCK = 40
"""Thirty messages that fail in a day, and ten in flight."""


def replayed(seed: int, days: Days | None, *attacks: Attack) -> Report:
    return Replay(RULES, life=1).run(traffic(seed, days, attacks))


@pytest.mark.parametrize(("seed", "conversion"), [(1, (0.7, 0.9)), (2, (0.7, 0.7))])
def test_a_normal_day_of_50_000_messages_refuses_nobody(seed: int, conversion: tuple[float, float]) -> None:
    report = replayed(seed, Days(start_ms=MIDNIGHT_MS, conversion=conversion))
    assert (report.messages > 49_000, report.refused) == (True, 0)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_a_sim_farm_is_stopped_within_the_limit_of_its_block(seed: int) -> None:
    report = replayed(seed, None, FARM)
    assert report.messages == SENT_BY_THE_FARM
    assert report.messages - report.refused <= A_DAY_OF_A_BLOCK


def test_one_attacked_block_never_bars_its_operator() -> None:
    report = replayed(6, Days(start_ms=MIDNIGHT_MS), FARM)
    assert set(report.by_subject) == {"prefix:sim-farm"}
    assert report.people_asked == 0


def test_a_week_long_attack_gets_a_day_of_a_block_each_day() -> None:
    report = replayed(8, None, replace(FARM, lasting_ms=7 * DAY_MS, per_minute=2))
    assert report.messages - report.refused <= 7 * A_DAY_OF_A_BLOCK


def test_an_attack_spread_over_hundreds_of_blocks_is_one_on_their_operator() -> None:
    blocks = tuple(f"farm-{number}" for number in range(500))
    report = replayed(9, Days(start_ms=MIDNIGHT_MS), replace(FARM, per_minute=200, blocks=blocks))
    attacked = 24_000
    assert next(iter(report.by_subject.most_common()))[0] == "operator:viettel"
    assert report.refused > 0.8 * attacked


def test_what_is_refused_is_saved() -> None:
    report = replayed(10, None, FARM)
    assert report.saved_vnd == 800 * report.refused
