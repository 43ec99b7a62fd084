"""What one process of the service works with, made from its settings: connections, adapters, verbs, and work beside the calls."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from xacthuc.audit.work import TrailWork
from xacthuc.grpckit.channels import ServiceChannel, service_config
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.jobs.job import Work
from xacthuc.jobs.worker import Worker
from xacthuc.livestream.adapters.account_watch import AccountWatch
from xacthuc.livestream.adapters.closing import Closing
from xacthuc.livestream.adapters.erasures import WAITS, Erasures
from xacthuc.livestream.adapters.housekeeping import Housekeeping
from xacthuc.livestream.adapters.identity_client import IdentityClient
from xacthuc.livestream.adapters.job_kinds import JobKind
from xacthuc.livestream.adapters.pools import JOB_SLOTS, Pools
from xacthuc.livestream.adapters.reviews import Reviews
from xacthuc.livestream.adapters.sections import SECTIONS
from xacthuc.livestream.adapters.signed_grants import SignedGrants
from xacthuc.livestream.adapters.sql_broadcasts import SqlBroadcasts
from xacthuc.livestream.adapters.sql_records import SqlRecords
from xacthuc.livestream.adapters.tables import SCHEMA, jobs, outbox, requests, trail
from xacthuc.livestream.domain.revocations import told
from xacthuc.livestream.usecases.livestream import Livestream
from xacthuc.sealing import Sealer
from xacthuc.shares.sql_shares import SqlShares
from xacthuc.sql.relay import Relay
from xacthuc.sql.requests import RequestSecrets, SqlRequests
from xacthuc.tokens.signer import Signer
from xacthuc.valkey import Store
from xacthuc.watching.held import HeldAccounts
from xacthuc.watching.outbox_source import tail_of
from xacthuc.watching.stream import EventStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from xacthuc.clock import Clock
    from xacthuc.livestream.settings import LivestreamSettings
    from xacthuc.policy import Policy
    from xacthuc.telemetry.start import Telemetry

_RELAY_INTERVAL: Final = timedelta(milliseconds=250)
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
    """Where identity replicates platform keys and sessions of the staff."""
    identity: ServiceChannel


@asynccontextmanager
async def connected(settings: LivestreamSettings, telemetry: Telemetry) -> AsyncIterator[Connections]:
    """Keeps connections for as long as it is entered. Of these only the store has to answer at the start."""
    pools, tls = Pools(settings), TlsFiles(settings.tls_directory, "livestream")
    state = await Store.connect(settings.state_url)
    identity = ServiceChannel(
        settings.identity_address,
        tls,
        telemetry,
        peer="identity",
        service_config=service_config("xacthuc.api.identity.v1", "identity_grpc_service_config.json"),
    )
    try:
        yield Connections(pools, state, identity)
    finally:
        for close in (identity.close, state.close, pools.close):
            await close()


class Assembly:
    """The verbs and the work of one process."""

    def __init__(
        self,
        settings: LivestreamSettings,
        connections: Connections,
        *,
        policy: Policy,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        """Makes everything, starts nothing."""
        pools, metrics = connections.pools, telemetry.metrics
        secrets = RequestSecrets("livestream", Sealer(settings.seal_ring), settings.blind_index_ring)
        tail = tail_of(pools.events, outbox, told)
        relay = Relay(
            pools.works,
            SCHEMA,
            interval=_RELAY_INTERVAL,
            on_lag=metrics.outbox_lag_seconds.set,
            on_placed=tail.wake,
        )
        asking = IdentityClient(connections.identity)
        reviews = Reviews(pools.works, asking, policy, clock, telemetry.tracer, appended=relay.wake)
        erasures = Erasures(pools.jobs, asking, policy, clock)
        worker = Worker(
            pools.jobs,
            jobs,
            {JobKind.ERASE: Work(erasures.handle, WAITS)},
            metrics,
            telemetry.tracer,
            slots=JOB_SLOTS,
            drain=_DRAIN,
        )

        def due() -> None:
            reviews.wake()
            worker.wake()

        watch = AccountWatch(pools.works, connections.identity, clock, telemetry.tracer, due=due)
        record = TrailWork.of(pools.audit, trail, settings, clock, metrics, kept_months=policy.retention.audit_months)
        self.auditing = record.auditing
        answered = SqlRequests(requests, secrets)
        self.shares = SqlShares(pools.writes, SECTIONS, answered, trail, policy=policy, clock=clock)
        self.livestream = Livestream(
            clock=clock,
            policy=policy,
            broadcasters=asking,
            broadcasts=SqlBroadcasts(pools.writes, answered),
            grants=SignedGrants(Signer(settings.grant_ring, settings.grant_issuer)),
            records=SqlRecords(pools.writes),
            approvals=asking,
            revocations=EventStream(tail),
            appended=relay.wake,
        )
        closing = Closing(pools.works, clock, appended=relay.wake)
        housekeeping = Housekeeping(pools.works, clock, policy, HeldAccounts(connections.identity))
        self.works: tuple[Runs, ...] = (
            *(relay, tail, watch, reviews, closing),
            *(worker, housekeeping, record.sealer, record.pruning),
        )
