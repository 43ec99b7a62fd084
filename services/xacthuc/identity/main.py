"""The identity service, put together: read top to bottom. Run with `python -m xacthuc.identity`."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from xacthuc import process
from xacthuc.api.identity.v1 import admin_pb2, internal_pb2, service_pb2
from xacthuc.clock import SystemClock
from xacthuc.credentials.directory import KeyDirectory
from xacthuc.credentials.publisher import KeyPublisher
from xacthuc.credentials.records import signing_key
from xacthuc.credentials.scopes import Scope
from xacthuc.grpckit.channels import ServiceChannel, service_config
from xacthuc.grpckit.server import ServerBuilder, service_of
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.identity.adapters.account_cipher import KeyWrapper
from xacthuc.identity.adapters.account_keys import AccountKeys
from xacthuc.identity.adapters.account_rows import AccountRows
from xacthuc.identity.adapters.eid_providers import opened_providers
from xacthuc.identity.adapters.housekeeping import Housekeeping
from xacthuc.identity.adapters.import_sealing import BatchSealer
from xacthuc.identity.adapters.inactive_numbers import InactiveNumbers
from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.key_publication import KeyPublication
from xacthuc.identity.adapters.number_notices import NumberNotices
from xacthuc.identity.adapters.otp_client import OtpClient
from xacthuc.identity.adapters.outcomes import OutcomeWatch
from xacthuc.identity.adapters.personal import PersonalData
from xacthuc.identity.adapters.personal_id_writes import PersonalIdWrites
from xacthuc.identity.adapters.pools import JOB_SLOTS, Pools
from xacthuc.identity.adapters.purge import Purge
from xacthuc.identity.adapters.rotation import targets
from xacthuc.identity.adapters.rotation.rotation import Rotation
from xacthuc.identity.adapters.sql_account_list import SqlAccountList
from xacthuc.identity.adapters.sql_accounts import SqlAccounts, SqlFacts
from xacthuc.identity.adapters.sql_guardianships import SqlGuardianships
from xacthuc.identity.adapters.sql_imports import SqlImports
from xacthuc.identity.adapters.sql_lifecycle import SqlLifecycle
from xacthuc.identity.adapters.sql_personal_ids import SqlPersonalIds
from xacthuc.identity.adapters.sql_platforms import SqlPlatforms
from xacthuc.identity.adapters.sql_requests import SqlRequests
from xacthuc.identity.adapters.sql_sign_ins import SqlSignIns
from xacthuc.identity.adapters.sql_verifications import SqlVerifications
from xacthuc.identity.adapters.standing_tokens import SignedStandings
from xacthuc.identity.adapters.tables import SCHEMA, jobs
from xacthuc.identity.adapters.valkey_standing import ValkeyStanding
from xacthuc.identity.domain.claims import Bounds
from xacthuc.identity.outages import TRANSLATIONS
from xacthuc.identity.servicer import IdentityAdminServicer, IdentityInternalServicer, IdentityServicer
from xacthuc.identity.settings import IdentitySettings
from xacthuc.identity.usecases import questions
from xacthuc.identity.usecases.identity import Identity
from xacthuc.identity.usecases.standing import Standings
from xacthuc.identity.wire.decisions import SHORTCUTS
from xacthuc.identity.wire.rendering import Renderer
from xacthuc.jobs.job import Work
from xacthuc.jobs.worker import Worker
from xacthuc.personal_id import PersonalIdScheme
from xacthuc.phone import NumberPlan
from xacthuc.policy import Policy
from xacthuc.sealing import Sealer
from xacthuc.sql.relay import Relay
from xacthuc.telemetry import start as telemetry
from xacthuc.tokens.signer import Signer
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from collections.abc import Callable

READS: Final = frozenset({Scope.IDENTITY, Scope.IDENTITY_READ})
SCOPES: Final = {
    "RegisterAccount": {Scope.IDENTITY},
    "CorrectAccount": {Scope.IDENTITY},
    "ListAccounts": READS,
    "VerifyPhone": {Scope.IDENTITY},
    "ChangeNumber": {Scope.IDENTITY},
    "VerifyPersonalId": {Scope.IDENTITY},
    "StartElectronicId": {Scope.IDENTITY},
    "CompleteElectronicId": {Scope.IDENTITY},
    "RevokeVerification": {Scope.IDENTITY},
    "LockAccount": {Scope.IDENTITY},
    "UnlockAccount": {Scope.IDENTITY},
    "CloseAccount": {Scope.IDENTITY},
    "EraseAccount": {Scope.IDENTITY},
    "ListConsents": READS,
    "GetAccount": READS,
    "CheckAction": READS,
    "BatchCheckActions": READS,
    "IssueStandingToken": READS,
    "GetJwks": READS,
    "ListVerificationPaths": READS,
}
"""What a key must hold for each method."""

PEERS: Final = {"PutGuardianship": {"guardian"}, "ImportAccounts": {"backfill", "cli"}}
"""Which services may call each internal method."""

_RELAY_INTERVAL: Final = timedelta(milliseconds=250)
_KEYS_INTERVAL: Final = timedelta(seconds=2)
_STANDING_SECONDS: Final = 0.25
"""How long the cache may take: a stalled one must leave time to ask the database within the same call."""


_JOB_WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
"""How long a job that failed waits each time, before an operator has to look at it."""


async def serve(settings: IdentitySettings) -> None:
    """Serves until SIGTERM or SIGINT, then drains."""
    clock, reporting = SystemClock(), telemetry.start("identity", settings, jobs=frozenset(JobKind))
    policy = Policy.load(settings.policy_file)
    seal_ring, index_ring = settings.seal_ring, settings.blind_index_ring
    sealer = Sealer(seal_ring)
    personal, wrapper = PersonalData(sealer, index_ring), KeyWrapper(sealer)
    signing = signing_key(settings.signing_key)

    pools = Pools(settings)
    state = await Store.connect(settings.state_url)
    cache = await Store.connect(settings.cache_url or settings.state_url, timeout_seconds=_STANDING_SECONDS)
    otp = ServiceChannel(
        settings.otp_address,
        TlsFiles(settings.tls_directory, "identity"),
        reporting,
        peer="otp",
        service_config=service_config("xacthuc.api.otp.v1", "otp_grpc_service_config.json"),
    )

    keys = KeyDirectory(state, signing.public_key(), clock, reporting.metrics, development=settings.development)
    requests, rows = SqlRequests(personal), AccountRows(policy)
    account_keys = AccountKeys(pools.keys, wrapper)
    platforms = SqlPlatforms(pools.writes, requests)
    publication = KeyPublication(KeyPublisher(state, signing), platforms, _KEYS_INTERVAL)
    relay = Relay(pools.writes, SCHEMA, interval=_RELAY_INTERVAL, on_lag=reporting.metrics.outbox_lag_seconds.set)
    housekeeping = Housekeeping(
        pools.writes,
        clock,
        timedelta(days=policy.identity.request_id_days),
        timedelta(days=policy.number_moves.days),
    )
    rotation = Rotation(
        [
            *targets.of_keys(pools.keys, wrapper, seal_ring),
            *targets.of_accounts(pools.writes, account_keys, personal, seal_ring, index_ring),
        ],
        lambda column, left: reporting.metrics.old_key_rows.labels(column).set(left),
    )
    standings = Standings(
        ValkeyStanding(cache, personal),
        SqlFacts(pools.reads, account_keys, rows),
        clock,
        hard_limit=settings.standing_hard_limit,
        most_reads=settings.read_backlog,
    )
    opening = AsyncExitStack()
    eid = await opening.enter_async_context(
        opened_providers(settings.eid_directory, clock, reporting.metrics, development=settings.development)
    )
    personal_id_writes = PersonalIdWrites(personal, rows, requests, policy.accounts_per_personal_id)
    purge = Purge(pools.writes, account_keys, clock, standings.forget)
    peer = OtpClient(otp)
    worker = Worker(
        pools.jobs,
        jobs,
        {
            JobKind.DESTROY_KEY: Work(purge.destroy_key, _JOB_WAITS),
            JobKind.PURGE: Work(purge.purge, _JOB_WAITS),
            JobKind.PERSONAL_ID_CHECK: Work(lambda job: questions.ask_again(identity, job), _JOB_WAITS),
            JobKind.NUMBER_NOTICE: Work(NumberNotices(pools.writes, account_keys, peer, clock).tell, _JOB_WAITS),
        },
        reporting.metrics,
        slots=JOB_SLOTS,
        drain=timedelta(seconds=2),
    )

    identity = Identity(
        clock=clock,
        policy=policy,
        plan=NumberPlan.load(settings.numbering_plan_file),
        environment=settings.environment,
        accounts=SqlAccounts(pools.writes, account_keys, personal, rows, requests),
        account_list=SqlAccountList(pools.writes, account_keys, rows),
        lifecycle=SqlLifecycle(pools.writes, account_keys, personal, rows, requests),
        verifications=SqlVerifications(pools.writes, account_keys, personal, rows, requests),
        imports=SqlImports(
            pools.imports,
            BatchSealer(account_keys, personal),
            personal,
            rows,
            Bounds(policy.accounts_per_number, policy.number_moves),
        ),
        proofs=peer,
        guardianships=SqlGuardianships(pools.writes, account_keys, rows, requests),
        standings=standings,
        tokens=SignedStandings(Signer(settings.standing_ring, settings.standing_issuer)),
        platforms=platforms,
        publication=publication,
        personal_ids=SqlPersonalIds(pools.writes, account_keys, personal, requests, personal_id_writes),
        sign_ins=SqlSignIns(pools.writes, account_keys, personal, requests, personal_id_writes),
        personal_id_scheme=PersonalIdScheme.load(),
        providers=eid.providers,
        appended=_all(relay.wake, worker.wake),
    )

    admin = service_of(admin_pb2, "IdentityAdmin")
    server = (
        ServerBuilder("identity", settings, reporting, keys=keys, translations=TRANSLATIONS, shortcuts=SHORTCUTS)
        .public(service_of(service_pb2, "IdentityService"), IdentityServicer(identity, Renderer(policy)), scopes=SCOPES)
        .internal(service_of(internal_pb2, "IdentityInternal"), IdentityInternalServicer(identity), allow=PEERS)
        .internal(
            admin,
            IdentityAdminServicer(identity),
            allow={method: {"cli"} for method in admin.methods_by_name},
        )
        .build()
    )
    await keys.start()
    reports = eid.listening(settings.eid_reports_address, partial(questions.report, identity))
    await opening.enter_async_context(reports)
    outcomes = OutcomeWatch(
        pools.jobs,
        peer,
        InactiveNumbers(personal, wanted=policy.reverification.on_inactive_number),
        clock,
        changed=identity.follow,
        gap=reporting.metrics.outcome_gaps.add,
    )
    works = (relay, publication, housekeeping, rotation, worker, outcomes)
    background = [asyncio.create_task(work.run()) for work in works]
    for task in background:
        # They end by defect only. A process without its relay would serve and silently tell nobody: better a new one.
        task.add_done_callback(lambda _ended: server.stop())
    try:
        await server.run()
    finally:
        await identity.shield.drain()
        for task in background:
            task.cancel()
        endings = await asyncio.gather(*background, return_exceptions=True)
        for close in (opening.aclose, keys.stop, otp.close, cache.close, state.close, pools.close):
            await close()
        reporting.close()
    for ending in endings:
        if isinstance(ending, Exception):
            raise ending


def _all(*steps: Callable[[], None]) -> Callable[[], None]:
    def take() -> None:
        for step in steps:
            step()

    return take


def main() -> None:
    """Reads the environment and serves."""
    process.main(IdentitySettings, serve)


if __name__ == "__main__":
    main()
