"""What seals, prunes and shows the trail of one process, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xacthuc.audit.work import TrailWork
from xacthuc.identity.adapters.audit.checkpoint_book import FiledCheckpoints
from xacthuc.identity.adapters.audit.sql_audit import SqlAudit
from xacthuc.identity.adapters.tables import trail
from xacthuc.identity.usecases.audit import Auditing

if TYPE_CHECKING:
    from xacthuc.audit.pruning import TrailPruning
    from xacthuc.audit.sealer import TrailSealer
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
        directory = settings.audit_checkpoints_directory
        work = TrailWork.of(
            pools.audit,
            trail,
            settings.audit_ring,
            clock,
            metrics,
            directory=directory,
            interval=settings.audit_checkpoint_interval,
            kept_months=policy.retention.audit_months,
        )
        book = FiledCheckpoints(work.signer, directory)
        return cls(Auditing(trail=SqlAudit(pools.audit), book=book, clock=clock), work.sealer, work.pruning)
