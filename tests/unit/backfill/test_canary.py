"""What a canary has to show before a wave lets everybody in, and what holds a wave."""

from __future__ import annotations

import pytest

from xacthuc.backfill.domain.campaign import Canary, HoldReason, Wave, WaveProgress, WaveState
from xacthuc.backfill.domain.canary import verdict

CANARY = Canary(percent=1.0, watch_hours=24.0, least=100, most_failed_percent=20.0)
WAVE = Wave(after_days=0.0, least_verified_percent=2.0)
EARLY, OPEN, HELD = WaveState.CANARY, WaveState.OPEN, WaveState.HELD


@pytest.mark.parametrize(
    ("progress", "becomes"),
    [
        (WaveProgress(canary_left=500), EARLY),
        (WaveProgress(ripe=99, verified=50, canary_left=1), EARLY),
        (WaveProgress(ripe=100, verified=2, canary_left=400), OPEN),
        (WaveProgress(ripe=100, verified=1, canary_left=400), HoldReason.FEW_VERIFIED),
        (WaveProgress(ripe=100, verified=50, ended=100, failed=21), HoldReason.UNDELIVERED),
        (WaveProgress(ripe=100, verified=50, ended=100, failed=20), OPEN),
        (WaveProgress(ended=99, failed=99, canary_left=400), EARLY),
        (WaveProgress(ripe=5, verified=0, canary_left=0), OPEN),
        (WaveProgress(state=OPEN), OPEN),
        (WaveProgress(state=OPEN, ripe=1000, verified=19), HoldReason.FEW_VERIFIED),
        (WaveProgress(state=OPEN, ended=1000, failed=900), HoldReason.UNDELIVERED),
        (WaveProgress(state=HELD, ripe=1000, verified=900), HELD),
    ],
    ids=[
        "nobody entered it",
        "too few to tell",
        "it did well",
        "few verified",
        "undelivered",
        "just delivered",
        "too few notices to tell",
        "a canary that stays too small",
        "open",
        "few verified later",
        "undelivered later",
        "only a person resumes it",
    ],
)
def test_what_becomes_of_a_wave(progress: WaveProgress, becomes: WaveState | HoldReason) -> None:
    assert verdict(progress, WAVE, CANARY) is becomes
