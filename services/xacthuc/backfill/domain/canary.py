"""Whether a wave may let everybody in, and when it is held: by what is seen of those who entered it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.backfill.domain.campaign import HoldReason, WaveState

if TYPE_CHECKING:
    from xacthuc.backfill.domain.campaign import Canary, Wave, WaveProgress


def verdict(progress: WaveProgress, wave: Wave, canary: Canary) -> WaveState | HoldReason:
    """Returns what becomes of a wave: the state that it has, OPEN, or why it is held.

    Undelivered notices speak at once; accounts only when they had the time to verify. An open wave is watched the same
    way, and one that is held stays so until a person resumes it.
    """
    if progress.state is WaveState.HELD:
        return WaveState.HELD
    if progress.ended >= canary.least and _percent(progress.failed, progress.ended) > canary.most_failed_percent:
        return HoldReason.UNDELIVERED
    few = progress.ripe < canary.least
    if not few and _percent(progress.verified, progress.ripe) < wave.least_verified_percent:
        return HoldReason.FEW_VERIFIED
    # A canary too small to tell anything does not keep the others waiting for ever.
    if progress.state is WaveState.CANARY and few and progress.canary_left > 0:
        return WaveState.CANARY
    return WaveState.OPEN


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0
