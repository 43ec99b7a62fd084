"""What one process of the service works with, made from its settings: connections, adapters, verbs, and work beside the calls."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from xacthuc.audit.work import TrailWork
from xacthuc.backfill.adapters.account_watch import AccountWatch
from xacthuc.backfill.adapters.burn_down import BurnDown
from xacthuc.backfill.adapters.carrying import Carrying
from xacthuc.backfill.adapters.deciding import Deciding
from xacthuc.backfill.adapters.emptying import Emptying
from xacthuc.backfill.adapters.erasures import WAITS, Erasures
from xacthuc.backfill.adapters.housekeeping import Housekeeping
from xacthuc.backfill.adapters.identity_client import IdentityClient
from xacthuc.backfill.adapters.job_kinds import JobKind
from xacthuc.backfill.adapters.numbers import Numbers
from xacthuc.backfill.adapters.otp_client import OtpClient
from xacthuc.backfill.adapters.pools import JOB_SLOTS, Pools
from xacthuc.backfill.adapters.receipt_watch import ReceiptWatch
from xacthuc.backfill.adapters.restricting import Restricting
from xacthuc.backfill.adapters.reviews import Reviews
from xacthuc.backfill.adapters.sections import sections
from xacthuc.backfill.adapters.sending import Sending
from xacthuc.backfill.adapters.settling import Settling
from xacthuc.backfill.adapters.sql_campaigns import SqlCampaigns
from xacthuc.backfill.adapters.sql_restrictions import SqlRestrictions
from xacthuc.backfill.adapters.tables import jobs, requests, trail
from xacthuc.backfill.usecases.backfill import Backfill
from xacthuc.grpckit.channels import ServiceChannel, service_config
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.jobs.job import Work
from xacthuc.jobs.worker import Worker
from xacthuc.sealing import Sealer
from xacthuc.shares.sql_shares import SqlShares
from xacthuc.sql.requests import RequestSecrets, SqlRequests
from xacthuc.valkey import Store
from xacthuc.watching.held import HeldAccounts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from xacthuc.backfill.settings import BackfillSettings
    from xacthuc.clock import Clock
    from xacthuc.policy import Policy
    from xacthuc.telemetry.start import Telemetry

_DRAIN: Final = timedelta(seconds=2)


class Runs(Protocol):
    """Work beside the calls. It ends by defect only."""

    async def run(self) -> None:
        """Works until cancelled."""
        ...


@dataclass(frozen=True, slots=True)
class Connections:
    """The ways to everything outside of the process."""

    pools: Pools
    state: Store
    """Where identity replicates sessions of the staff."""
    identity: ServiceChannel
    otp: ServiceChannel


@asynccontextmanager
async def connected(settings: BackfillSettings, telemetry: Telemetry) -> AsyncIterator[Connections]:
    """Keeps connections for as long as it is entered. Of these only the store has to answer at the start."""
    pools, tls = Pools(settings), TlsFiles(settings.tls_directory, "backfill")
    state = await Store.connect(settings.state_url)
    identity = ServiceChannel(
        settings.identity_address,
        tls,
        telemetry,
        peer="identity",
        service_config=service_config("xacthuc.api.identity.v1", "identity_grpc_service_config.json"),
    )
    otp = ServiceChannel(
        settings.otp_address,
        tls,
        telemetry,
        peer="otp",
        service_config=service_config("xacthuc.api.otp.v1", "otp_grpc_service_config.json"),
    )
    try:
        yield Connections(pools, state, identity, otp)
    finally:
        for close in (otp.close, identity.close, state.close, pools.close):
            await close()


class Assembly:
    """The verbs and the work of one process."""

    def __init__(
        self,
        settings: BackfillSettings,
        connections: Connections,
        *,
        policy: Policy,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        """Makes everything, starts nothing."""
        pools, metrics, sealer = connections.pools, telemetry.metrics, Sealer(settings.seal_ring)
        secrets = RequestSecrets("backfill", sealer, settings.blind_index_ring)
        asking, numbers = IdentityClient(connections.identity), Numbers(sealer, settings.blind_index_ring)
        held = HeldAccounts(connections.identity)
        self.reviews = reviews = Reviews(pools.works, asking, clock)
        carrying = Carrying(pools.sends, asking, OtpClient(connections.otp), numbers, clock)
        self.sending = sending = Sending(
            Deciding(pools.counts, clock, count_every=settings.count_interval, lease=settings.send_lease),
            carrying,
            telemetry.tracer,
            at_once=settings.sends_at_once,
        )
        erasures = Erasures(pools.jobs, asking, held, clock)
        worker = Worker(
            pools.jobs,
            jobs,
            {
                JobKind.ERASE: Work(erasures.handle, WAITS),
                JobKind.RESTRICT: Work(Restricting(pools.jobs, asking, clock).handle, WAITS),
            },
            metrics,
            telemetry.tracer,
            slots=JOB_SLOTS,
            drain=_DRAIN,
        )

        def due() -> None:
            reviews.wake()
            worker.wake()

        def asked() -> None:
            sending.wake()
            worker.wake()

        record = TrailWork.of(pools.audit, trail, settings, clock, metrics, kept_months=policy.retention.audit_months)
        self.auditing = record.auditing
        answered = SqlRequests(requests, secrets)
        self.shares = SqlShares(pools.writes, sections(numbers), answered, trail, policy=policy, clock=clock)
        self.backfill = Backfill(
            clock=clock,
            campaigns=SqlCampaigns(
                pools.writes,
                pools.counts,
                answered,
                numbers,
            ),
            restrictions=SqlRestrictions(pools.writes, pools.counts),
            agreements=asking,
            due=asked,
        )
        self.watch = AccountWatch(pools.works, connections.identity, clock, telemetry.tracer, due=due)
        self.settling = settling = Settling(pools.works, clock)
        self.receipts = ReceiptWatch(pools.works, connections.otp, clock, telemetry.tracer, due=settling.wake)
        self.works: tuple[Runs, ...] = (
            *(
                self.watch,
                reviews,
                sending,
                self.receipts,
                settling,
                Emptying(pools.works, clock, held),
            ),
            *(worker, Housekeeping(pools.works, clock, policy, held), record.sealer, record.pruning),
            BurnDown(pools.counts, lambda state, number: metrics.backfill_accounts.labels(state).set(number)),
        )
