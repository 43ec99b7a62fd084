"""What seals and prunes the trail of one process, put together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from xacthuc.audit.checkpoints import CheckpointSigner
from xacthuc.audit.keeper import CheckpointKeeper
from xacthuc.audit.outside import CheckpointFiles
from xacthuc.audit.pruning import TrailPruning
from xacthuc.audit.sealer import TrailSealer
from xacthuc.policy.dates import months_after

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.audit.trail import Trail
    from xacthuc.clock import Clock
    from xacthuc.sealing import KeyRing
    from xacthuc.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class TrailWork:
    """The trail's own work beside the calls."""

    signer: CheckpointSigner
    sealer: TrailSealer
    pruning: TrailPruning

    @classmethod
    def of(
        cls,
        engine: AsyncEngine,
        trail: Trail,
        ring: KeyRing,
        clock: Clock,
        metrics: Metrics,
        *,
        directory: Path | None,
        interval: timedelta,
        kept_months: int,
    ) -> TrailWork:
        """Signs with `ring` and appends to `directory`, where there is one; `kept_months` of 0 keeps for ever."""
        signer = CheckpointSigner(ring)
        keeper = CheckpointKeeper(
            engine,
            trail,
            clock,
            signer,
            None if directory is None else CheckpointFiles(directory),
            every=interval,
            on_alarm=lambda cause, wrong: metrics.audit_alarm.labels(cause).set(wrong),
        )
        sealer = TrailSealer(engine, trail, clock, keeper, on_lag=metrics.audit_lag_seconds.set)
        kept_since = partial(_kept_since, kept_months)
        return cls(signer, sealer, TrailPruning(engine, trail, clock, signer, keeper, kept_since=kept_since))


def _kept_since(months: int, now: datetime) -> datetime | None:
    return months_after(now, -months) if months else None
