"""What one process of the service works with, made from its settings: connections, adapters, verbs, and work beside the calls."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from xacthuc.audit.work import TrailWork
from xacthuc.grpckit.channels import ServiceChannel, service_config
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.guardian.adapters.account_watch import AccountWatch
from xacthuc.guardian.adapters.erasures import Erasures
from xacthuc.guardian.adapters.expiry import Expiry
from xacthuc.guardian.adapters.holders import HolderClient
from xacthuc.guardian.adapters.housekeeping import Housekeeping
from xacthuc.guardian.adapters.identity_client import IdentityClient
from xacthuc.guardian.adapters.job_kinds import JobKind
from xacthuc.guardian.adapters.lives import Lives
from xacthuc.guardian.adapters.otp_client import OtpClient
from xacthuc.guardian.adapters.pools import JOB_SLOTS, Pools
from xacthuc.guardian.adapters.pushes import Pushes
from xacthuc.guardian.adapters.sections import SECTIONS
from xacthuc.guardian.adapters.sql_disputes import SqlDisputes
from xacthuc.guardian.adapters.sql_invitations import SqlInvitations
from xacthuc.guardian.adapters.sql_links import SqlLinks
from xacthuc.guardian.adapters.sql_notes import SqlNotes
from xacthuc.guardian.adapters.supervision.sql_activity import SqlActivities
from xacthuc.guardian.adapters.supervision.sql_assents import SqlAssents
from xacthuc.guardian.adapters.supervision.sql_supervision import SqlSupervisions
from xacthuc.guardian.adapters.tables import SCHEMA, jobs, outbox, trail
from xacthuc.guardian.adapters.tables import requests as requests_table
from xacthuc.guardian.domain.happenings import told
from xacthuc.guardian.usecases.guardian import Guardian
from xacthuc.jobs.job import Work
from xacthuc.jobs.worker import Worker
from xacthuc.phone import NumberPlan
from xacthuc.sealing import BlindIndex, Sealer
from xacthuc.shares.sql_shares import SqlShares
from xacthuc.sql.relay import Relay
from xacthuc.sql.requests import RequestSecrets, SqlRequests
from xacthuc.valkey import Store
from xacthuc.watching.held import HeldAccounts
from xacthuc.watching.outbox_source import tail_of
from xacthuc.watching.stream import EventStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from xacthuc.clock import Clock
    from xacthuc.guardian.settings import GuardianSettings
    from xacthuc.policy import Policy
    from xacthuc.telemetry.start import Telemetry

_RELAY_INTERVAL: Final = timedelta(milliseconds=250)
_DRAIN: Final = timedelta(seconds=2)
_JOB_WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
"""How long a job that failed waits each time, before an operator has to look at it."""
_PUSH_WAITS: Final = (
    *(timedelta(seconds=seconds) for seconds in (1, 2, 5, 10, 30)),
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 60, 60, 120, 240, 720, 1_440)),
)
"""A gate waits for it, so it is tried again soon, and for days before an operator has to look at it. An identity that is
away is no failure (`Pushes`)."""


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
    otp: ServiceChannel


@asynccontextmanager
async def connected(settings: GuardianSettings, telemetry: Telemetry) -> AsyncIterator[Connections]:
    """Keeps connections for as long as it is entered. Of these only the store has to answer at the start."""
    pools, tls = Pools(settings), TlsFiles(settings.tls_directory, "guardian")
    state = await Store.connect(settings.state_url)
    identity, otp = (
        ServiceChannel(
            address,
            tls,
            telemetry,
            peer=peer,
            service_config=service_config(f"xacthuc.api.{peer}.v1", f"{peer}_grpc_service_config.json"),
        )
        for peer, address in (("identity", settings.identity_address), ("otp", settings.otp_address))
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
        settings: GuardianSettings,
        connections: Connections,
        *,
        policy: Policy,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        """Makes everything, starts nothing."""
        pools, metrics = connections.pools, telemetry.metrics
        tail = tail_of(pools.events, outbox, told)
        relay = Relay(
            pools.writes,
            SCHEMA,
            interval=_RELAY_INTERVAL,
            on_lag=metrics.outbox_lag_seconds.set,
            on_placed=tail.wake,
        )

        def appended() -> None:
            relay.wake()
            worker.wake()

        holders, held = HolderClient(connections.identity), HeldAccounts(connections.identity)
        lives = Lives(pools.jobs, holders, clock, appended)
        pushes = Pushes(pools.jobs, connections.identity, clock, appended)
        worker = Worker(
            pools.jobs,
            jobs,
            {
                JobKind.PUSH: Work(pushes.push, _PUSH_WAITS),
                JobKind.EXPIRE: Work(Expiry(pools.jobs, clock, appended).expire, _JOB_WAITS),
                JobKind.LOOK: Work(lives.handle, _JOB_WAITS),
                JobKind.ERASE: Work(Erasures(pools.jobs, holders, held, clock, appended).handle, _JOB_WAITS),
            },
            metrics,
            telemetry.tracer,
            slots=JOB_SLOTS,
            drain=_DRAIN,
        )
        record = TrailWork.of(pools.audit, trail, settings, clock, metrics, kept_months=policy.retention.audit_months)
        self.auditing = record.auditing

        requests = SqlRequests(
            requests_table, RequestSecrets(SCHEMA, Sealer(settings.seal_ring), settings.blind_index_ring)
        )
        self.shares = SqlShares(pools.writes, SECTIONS, requests, trail, policy=policy, clock=clock)
        links = SqlLinks(pools.writes, requests)
        self.guardian = Guardian(
            clock=clock,
            policy=policy,
            plan=NumberPlan.load(settings.numbering_plan_file),
            links=links,
            invitations=SqlInvitations(
                pools.writes, requests, BlindIndex(settings.blind_index_ring, "guardian-number")
            ),
            supervisions=SqlSupervisions(pools.writes, requests),
            activities=SqlActivities(pools.writes, requests),
            disputes=SqlDisputes(pools.writes, requests, links),
            happenings=EventStream(tail),
            assents=SqlAssents(pools.writes, requests),
            holders=holders,
            # Over the pool of calls: many who look at once keep no push waiting.
            lives=Lives(pools.writes, holders, clock, appended),
            notes=SqlNotes(pools.writes),
            people=IdentityClient(connections.identity, clock),
            proofs=OtpClient(connections.otp),
            development=settings.development,
            appended=appended,
        )
        watch = AccountWatch(pools.jobs, holders, clock, telemetry.tracer, appended=worker.wake)
        housekeeping = Housekeeping(pools.writes, clock, policy, held)
        self.works: tuple[Runs, ...] = (relay, tail, worker, record.sealer, record.pruning, watch, housekeeping)
