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
from xacthuc.identity.adapters.key_publication import KeyPublication
from xacthuc.identity.adapters.otp_client import OtpClient
from xacthuc.identity.adapters.personal import PersonalData
from xacthuc.identity.adapters.personal_id_writes import PersonalIdWrites
from xacthuc.identity.adapters.rotation import targets
from xacthuc.identity.adapters.rotation.rotation import Rotation
from xacthuc.identity.adapters.sql_accounts import SqlAccounts, SqlFacts
from xacthuc.identity.adapters.sql_guardianships import SqlGuardianships
from xacthuc.identity.adapters.sql_personal_ids import PERSONAL_ID_CHECK, SqlPersonalIds
from xacthuc.identity.adapters.sql_platforms import SqlPlatforms
from xacthuc.identity.adapters.sql_requests import SqlRequests
from xacthuc.identity.adapters.sql_sign_ins import SqlSignIns
from xacthuc.identity.adapters.sql_verifications import SqlVerifications
from xacthuc.identity.adapters.standing_tokens import SignedStandings
from xacthuc.identity.adapters.tables import SCHEMA, jobs
from xacthuc.identity.adapters.valkey_standing import ValkeyStanding
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
from xacthuc.policy import Policy
from xacthuc.sealing import Sealer
from xacthuc.sql.engine import make_engine
from xacthuc.sql.relay import Relay
from xacthuc.telemetry import start as telemetry
from xacthuc.tokens.signer import Signer
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

READS: Final = frozenset({Scope.IDENTITY, Scope.IDENTITY_READ})
SCOPES: Final = {
    "RegisterAccount": {Scope.IDENTITY},
    "VerifyPhone": {Scope.IDENTITY},
    "VerifyPersonalId": {Scope.IDENTITY},
    "StartElectronicId": {Scope.IDENTITY},
    "CompleteElectronicId": {Scope.IDENTITY},
    "GetAccount": READS,
    "CheckAction": READS,
    "BatchCheckActions": READS,
    "IssueStandingToken": READS,
    "GetJwks": READS,
    "ListVerificationPaths": READS,
}
"""What a key must hold for each method."""

_RELAY_INTERVAL: Final = timedelta(milliseconds=250)
_KEYS_INTERVAL: Final = timedelta(seconds=2)
_CHECK_WAITS: Final = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
"""After a failure of ours in a question about a personal ID; an outage of a provider is none."""
_JOBS_DRAIN: Final = timedelta(seconds=10)
_STANDING_SECONDS: Final = 0.25
"""How long the cache may take: a stalled one must leave time to ask the database within the same call."""


async def serve(settings: IdentitySettings) -> None:
    """Serves until SIGTERM or SIGINT, then drains."""
    clock, reporting = SystemClock(), telemetry.start("identity", settings)
    policy = Policy.load(settings.policy_file)
    seal_ring, index_ring = settings.seal_ring, settings.blind_index_ring
    sealer = Sealer(seal_ring)
    personal, wrapper = PersonalData(sealer, index_ring), KeyWrapper(sealer)
    signing = signing_key(settings.signing_key)

    writes, reads, key_engine = engines = _engines(settings)
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
    account_keys = AccountKeys(key_engine, wrapper)
    platforms = SqlPlatforms(writes, requests)
    publication = KeyPublication(KeyPublisher(state, signing), platforms, _KEYS_INTERVAL)
    relay = Relay(writes, SCHEMA, interval=_RELAY_INTERVAL, on_lag=reporting.metrics.outbox_lag_seconds.set)
    housekeeping = Housekeeping(writes, clock, timedelta(days=policy.identity.request_id_days))
    rotation = Rotation(
        [
            *targets.of_keys(key_engine, wrapper, seal_ring),
            *targets.of_accounts(writes, account_keys, personal, seal_ring, index_ring),
        ],
        lambda column, left: reporting.metrics.old_key_rows.labels(column).set(left),
    )
    opening = AsyncExitStack()
    opened = await opening.enter_async_context(
        opened_providers(settings.eid_directory, clock, reporting.metrics, development=settings.development)
    )
    personal_id_writes = PersonalIdWrites(personal, rows, requests, policy.accounts_per_personal_id)
    identity = Identity(
        clock=clock,
        policy=policy,
        environment=settings.environment,
        accounts=SqlAccounts(writes, account_keys, personal, rows, requests),
        verifications=SqlVerifications(writes, account_keys, personal, rows, requests),
        proofs=OtpClient(otp),
        guardianships=SqlGuardianships(writes, account_keys, rows, requests),
        standings=Standings(
            ValkeyStanding(cache, personal),
            SqlFacts(reads, account_keys, rows),
            clock,
            hard_limit=settings.standing_hard_limit,
            most_reads=settings.read_backlog,
        ),
        tokens=SignedStandings(Signer(settings.standing_ring, settings.standing_issuer)),
        platforms=platforms,
        publication=publication,
        personal_ids=SqlPersonalIds(writes, account_keys, personal, requests, personal_id_writes),
        sign_ins=SqlSignIns(writes, account_keys, personal, requests, personal_id_writes),
        personal_id_scheme=PersonalIdScheme.load(),
        providers=opened.providers,
        appended=relay.wake,
    )
    asking = Work(partial(questions.ask_again, identity), waits=_CHECK_WAITS)
    worker = Worker(
        writes, jobs, {PERSONAL_ID_CHECK: asking}, reporting.metrics, slots=settings.job_slots, drain=_JOBS_DRAIN
    )

    admin = service_of(admin_pb2, "IdentityAdmin")
    server = (
        ServerBuilder("identity", settings, reporting, keys=keys, translations=TRANSLATIONS, shortcuts=SHORTCUTS)
        .public(service_of(service_pb2, "IdentityService"), IdentityServicer(identity, Renderer(policy)), scopes=SCOPES)
        .internal(
            service_of(internal_pb2, "IdentityInternal"),
            IdentityInternalServicer(identity),
            allow={"PutGuardianship": {"guardian"}},
        )
        .internal(
            admin,
            IdentityAdminServicer(identity),
            allow={method: {"cli"} for method in admin.methods_by_name},
        )
        .build()
    )
    await keys.start()
    reports = opened.listening(settings.eid_reports_address, partial(questions.report, identity))
    await opening.enter_async_context(reports)
    background = [asyncio.create_task(part.run()) for part in (relay, publication, housekeeping, rotation, worker)]
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
        await opening.aclose()
        await keys.stop()
        await otp.close()
        await cache.close()
        await state.close()
        for engine in engines:
            await engine.dispose()
        reporting.close()
    for ending in endings:
        if isinstance(ending, Exception):
            raise ending


def _engines(settings: IdentitySettings) -> tuple[AsyncEngine, AsyncEngine, AsyncEngine]:
    """Returns the pools for writes, for reads of facts, and for the accounts' keys."""
    url = settings.database_url.get_secret_value()
    return (
        make_engine(
            url,
            application_name="xacthuc-identity",
            pool_size=settings.write_connections,
            wait=timedelta(seconds=2),
            statement_timeout=timedelta(seconds=3),
        ),
        make_engine(
            url,
            application_name="xacthuc-identity-reads",
            pool_size=settings.read_connections,
            wait=timedelta(seconds=2),
            statement_timeout=timedelta(seconds=1),
        ),
        make_engine(
            settings.keys_url,
            application_name="xacthuc-identity-keys",
            pool_size=settings.key_connections,
            wait=timedelta(seconds=2),
            statement_timeout=timedelta(seconds=1),
        ),
    )


def main() -> None:
    """Reads the environment and serves."""
    process.main(IdentitySettings, serve)


if __name__ == "__main__":
    main()
