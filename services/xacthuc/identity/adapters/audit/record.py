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
from xacthuc.identity.adapters.audit.checkpoint_book import FiledCheckpoints
from xacthuc.identity.adapters.audit.sql_audit import SqlAudit
from xacthuc.identity.adapters.tables import trail
from xacthuc.identity.usecases.audit import Auditing
from xacthuc.policy.dates import months_after

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.pools import Pools
    from xacthuc.identity.settings import IdentitySettings
    from xacthuc.policy import Policy
    from xacthuc.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Record:
    """The trail's own work."""

    auditing: Auditing
    sealer: TrailSealer
    pruning: TrailPruning

    @classmethod
    def of(cls, settings: IdentitySettings, pools: Pools, policy: Policy, clock: Clock, metrics: Metrics) -> Record:
        """Makes it from what the operator and the policy say. KeyFileError when the ring cannot be had."""
        signer, directory = CheckpointSigner(settings.audit_ring), settings.audit_checkpoints_directory
        files = None if directory is None else CheckpointFiles(directory)
        keeper = CheckpointKeeper(
            pools.audit,
            trail,
            clock,
            signer,
            files,
            every=settings.audit_checkpoint_interval,
            on_alarm=lambda cause, wrong: metrics.audit_alarm.labels(cause).set(wrong),
        )
        sealer = TrailSealer(pools.audit, trail, clock, keeper, on_lag=metrics.audit_lag_seconds.set)
        kept_since = partial(_kept_since, policy.retention.audit_months)
        pruning = TrailPruning(pools.audit, trail, clock, signer, keeper, kept_since=kept_since)
        book = FiledCheckpoints(signer, directory)
        return cls(Auditing(trail=SqlAudit(pools.audit), book=book, clock=clock), sealer, pruning)


def _kept_since(months: int, now: datetime) -> datetime | None:
    return months_after(now, -months) if months else None
