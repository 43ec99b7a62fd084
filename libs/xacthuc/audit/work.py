"""What seals, prunes and shows the trail of one process, put together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from xacthuc.audit.auditing import Auditing
from xacthuc.audit.book import FiledCheckpoints
from xacthuc.audit.checkpoints import CheckpointSigner
from xacthuc.audit.keeper import CheckpointKeeper
from xacthuc.audit.outside import CheckpointFiles
from xacthuc.audit.pruning import TrailPruning
from xacthuc.audit.sealer import TrailSealer
from xacthuc.audit.sql_audit import SqlAudit
from xacthuc.audit.tags import Tag
from xacthuc.policy.dates import months_after

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.audit.trail import Trail
    from xacthuc.clock import Clock
    from xacthuc.sealing import KeyRing
    from xacthuc.telemetry.metrics import Metrics


class TrailSettings(Protocol):
    """What an operator says of a trail."""

    @property
    def audit_ring(self) -> KeyRing:
        """Checkpoints are signed with it."""
        ...

    @property
    def audit_checkpoints_directory(self) -> Path | None:
        """They are appended there, if anywhere."""
        ...

    @property
    def audit_checkpoint_interval(self) -> timedelta:
        """How often."""
        ...


@dataclass(frozen=True, slots=True)
class TrailWork:
    """The trail's own work."""

    auditing: Auditing
    sealer: TrailSealer
    pruning: TrailPruning

    @classmethod
    def of(
        cls,
        engine: AsyncEngine,
        trail: Trail,
        settings: TrailSettings,
        clock: Clock,
        metrics: Metrics,
        *,
        kept_months: int,
    ) -> TrailWork:
        """Makes it; `kept_months` of 0 keeps for ever. KeyFileError when the ring cannot be had."""
        signer, directory = CheckpointSigner(settings.audit_ring), settings.audit_checkpoints_directory
        keeper = CheckpointKeeper(
            engine,
            trail,
            clock,
            signer,
            None if directory is None else CheckpointFiles(directory),
            every=settings.audit_checkpoint_interval,
            on_alarm=lambda cause, wrong: metrics.audit_alarm.labels(cause).set(wrong),
        )
        sealer = TrailSealer(engine, trail, clock, keeper, on_lag=metrics.audit_lag_seconds.set)
        kept_since = partial(_kept_since, kept_months)
        pruning = TrailPruning(engine, trail, clock, signer, keeper, kept_since=kept_since)
        auditing = Auditing(
            trail=SqlAudit(engine, trail),
            book=FiledCheckpoints(signer, directory),
            clock=clock,
            read_tag=Tag(f"{trail.schema}:admin:read"),
        )
        return cls(auditing, sealer, pruning)


def _kept_since(months: int, now: datetime) -> datetime | None:
    return months_after(now, -months) if months else None
