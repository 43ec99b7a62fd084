"""The picture of a replay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from xacthuc.otp.domain.guard import GuardRules
from xacthuc.otp.simulate.generate import Attack, Days, traffic
from xacthuc.otp.simulate.plot import plot
from xacthuc.otp.simulate.replay import Replay
from xacthuc.policy import Policy
from xacthuc.ratelimit.gcra import HOUR_MS

START_MS = 1_795_453_200_000


@pytest.mark.parametrize("attacked", [True, False])
def test_a_replay_is_drawn_with_its_numbers_and_subjects(tmp_path: Path, attacked: bool) -> None:
    rules = replace(GuardRules.of(Policy.load().guard), enforced=True, record_ms=0)
    attacks = [Attack(start_ms=START_MS + HOUR_MS, lasting_ms=HOUR_MS, per_minute=10)] if attacked else []
    report = Replay(rules, life=1).run(traffic(1, Days(start_ms=START_MS, messages_per_day=500), attacks))
    plot(report, tmp_path / "plot.svg")
    drawn = (tmp_path / "plot.svg").read_text()
    assert ("prefix:sim-farm" in drawn) is attacked
    assert "operator:viettel" in drawn
