"""What one process of identity works with, made from its settings: connections, adapters, verbs, and work beside the calls."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from xacthuc.audit.sql_audit import SqlAudit
from xacthuc.audit.work import TrailWork
from xacthuc.credentials.publisher import KeyPublisher
from xacthuc.identity.adapters.account_cipher import KeyWrapper
from xacthuc.identity.adapters.account_database import AccountDatabase
from xacthuc.identity.adapters.account_keys import AccountKeys
from xacthuc.identity.adapters.account_rows import AccountRows
from xacthuc.identity.adapters.approvals.authority_release import AuthorityRelease
from xacthuc.identity.adapters.approvals.done_elsewhere import done_elsewhere
from xacthuc.identity.adapters.approvals.key_destruction import KeyDestruction
from xacthuc.identity.adapters.approvals.lock_acts import lock_acts
from xacthuc.identity.adapters.approvals.sql_approvals import SqlApprovals
from xacthuc.identity.adapters.census import Census
from xacthuc.identity.adapters.housekeeping import Housekeeping
from xacthuc.identity.adapters.import_sealing import BatchSealer
from xacthuc.identity.adapters.inactive_numbers import InactiveNumbers
from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.key_publication import KeyPublication
from xacthuc.identity.adapters.locks.bindings import Bindings
from xacthuc.identity.adapters.locks.sql_lock_list import SqlLockList
from xacthuc.identity.adapters.locks.sql_locks import SqlLocks
from xacthuc.identity.adapters.locks.sql_violations import SqlViolations
from xacthuc.identity.adapters.number_lists.sql_number_lists import SqlNumberLists
from xacthuc.identity.adapters.number_notices import NumberNotices
from xacthuc.identity.adapters.otp_client import OtpClient
from xacthuc.identity.adapters.outcomes import OutcomeWatch
from xacthuc.identity.adapters.personal import PersonalData
from xacthuc.identity.adapters.personal_id_writes import PersonalIdWrites
from xacthuc.identity.adapters.pools import JOB_SLOTS
from xacthuc.identity.adapters.purge import Purge
from xacthuc.identity.adapters.reconciliation.findings import Findings
from xacthuc.identity.adapters.reconciliation.reading import Numbers
from xacthuc.identity.adapters.reconciliation.runner import Reconciling
from xacthuc.identity.adapters.reconciliation.sql_reconciliations import SqlReconciliations
from xacthuc.identity.adapters.releases.documents import Documents
from xacthuc.identity.adapters.releases.sql_releases import SqlReleases
from xacthuc.identity.adapters.retention.erasures import Erasures
from xacthuc.identity.adapters.retention.filling import Filling
from xacthuc.identity.adapters.retention.sql_cases import SqlCases
from xacthuc.identity.adapters.retention.sql_duties import SqlDuties
from xacthuc.identity.adapters.retention.sql_evidence import SqlEvidence
from xacthuc.identity.adapters.retention.sql_export import SqlExports
from xacthuc.identity.adapters.retention.sql_holds import SqlHolds
from xacthuc.identity.adapters.retention.sql_retention import SqlRetention
from xacthuc.identity.adapters.rotation import targets
from xacthuc.identity.adapters.rotation.rotation import Rotation
from xacthuc.identity.adapters.sessions.held import HeldSessions
from xacthuc.identity.adapters.sessions.keys import SessionKeys
from xacthuc.identity.adapters.sessions.months import SessionMonths
from xacthuc.identity.adapters.sessions.sql_session_log import SqlSessionLog
from xacthuc.identity.adapters.sql_account_list import SqlAccountList
from xacthuc.identity.adapters.sql_accounts import SqlAccounts, SqlFacts
from xacthuc.identity.adapters.sql_guardianships import SqlGuardianships
from xacthuc.identity.adapters.sql_held_jobs import SqlHeldJobs
from xacthuc.identity.adapters.sql_holders import SqlHolders
from xacthuc.identity.adapters.sql_imports import SqlImports
from xacthuc.identity.adapters.sql_lifecycle import SqlLifecycle
from xacthuc.identity.adapters.sql_personal_ids import SqlPersonalIds
from xacthuc.identity.adapters.sql_platforms import SqlPlatforms
from xacthuc.identity.adapters.sql_requests import SqlRequests
from xacthuc.identity.adapters.sql_search import SqlSearch
from xacthuc.identity.adapters.sql_sign_ins import SqlSignIns
from xacthuc.identity.adapters.sql_transitions import SqlTransitions
from xacthuc.identity.adapters.sql_verifications import SqlVerifications
from xacthuc.identity.adapters.standing_tokens import SignedStandings
from xacthuc.identity.adapters.tables import SCHEMA, jobs, outbox, trail
from xacthuc.identity.adapters.valkey_standing import ValkeyStanding
from xacthuc.identity.adapters.webhooks.secrets import WebhookSecrets
from xacthuc.identity.domain.approvals import ApprovalKind
from xacthuc.identity.domain.claims import Bounds
from xacthuc.identity.domain.events import told
from xacthuc.identity.domain.retention import plan
from xacthuc.identity.staff_assembly import StaffAssembly
from xacthuc.identity.usecases import approvals, questions
from xacthuc.identity.usecases.approvals import FourEyes
from xacthuc.identity.usecases.identity import Identity
from xacthuc.identity.usecases.number_questions import NumberQuestions
from xacthuc.identity.usecases.standing import Standings
from xacthuc.identity.webhook_assembly import WebhookAssembly, WebhookParts
from xacthuc.jobs.job import Work
from xacthuc.jobs.worker import Worker
from xacthuc.personal_id import PersonalIdScheme
from xacthuc.phone import NumberPlan
from xacthuc.sealing import Sealer
from xacthuc.sql.relay import Relay
from xacthuc.tokens.signer import Signer
from xacthuc.watching.outbox_source import tail_of
from xacthuc.watching.stream import EventStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from xacthuc.clock import Clock
    from xacthuc.identity.connections import Connections
    from xacthuc.identity.ports.eid import Providers
    from xacthuc.identity.ports.staff import StaffProvider
    from xacthuc.identity.settings import IdentitySettings
    from xacthuc.policy import Policy
    from xacthuc.telemetry.start import Telemetry

_RELAY_INTERVAL: Final = timedelta(milliseconds=250)
_KEYS_INTERVAL: Final = timedelta(seconds=2)
_JOB_WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
"""How long a job that failed waits each time, before an operator has to look at it."""


class Runs(Protocol):
    """Work beside the calls. It ends by defect only."""

    async def run(self) -> None:
        """Works until cancelled."""
        ...


class Assembly:
    """The verbs and the work of one process."""

    def __init__(
        self,
        settings: IdentitySettings,
        connections: Connections,
        providers: Providers,
        signing: Ed25519PrivateKey,
        *,
        staff_provider: StaffProvider | None,
        policy: Policy,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        """Makes everything, starts nothing."""
        pools, metrics = connections.pools, telemetry.metrics
        seal_ring, index_ring = settings.seal_ring, settings.blind_index_ring
        sealer = Sealer(seal_ring)
        personal, wrapper = PersonalData(sealer, index_ring), KeyWrapper(sealer)
        keys, rows = AccountKeys(pools.keys, wrapper), AccountRows(policy, clock, metrics.unreadable_accounts.add)
        requests = SqlRequests(personal)
        database = AccountDatabase(
            engine=pools.writes,
            keys=keys,
            personal=personal,
            rows=rows,
            requests=requests,
            bindings=Bindings(personal, by_number=policy.locks.by_number_and_person),
        )
        session_keys = SessionKeys(keys)
        held_sessions = HeldSessions(pools.writes, keys, session_keys)
        months = SessionMonths(pools.writes, session_keys, held_sessions, clock, policy.retention.session_log_months)
        filling, releases = Filling(pools.writes, keys, session_keys), SqlReleases(pools.writes, keys, requests)
        documents, platforms = Documents(pools.writes, keys, filling, clock), SqlPlatforms(pools.writes, requests)
        publication = KeyPublication(KeyPublisher(connections.state, signing), platforms, _KEYS_INTERVAL)
        tail, secrets = tail_of(pools.events, outbox, told), WebhookSecrets(sealer)
        parts = WebhookParts(pools, requests, secrets, tail, connections.post)
        self.webhooks = WebhookAssembly(settings, parts, policy, clock, telemetry)
        relay = Relay(
            pools.writes,
            SCHEMA,
            interval=_RELAY_INTERVAL,
            on_lag=metrics.outbox_lag_seconds.set,
            on_placed=_all(tail.wake, self.webhooks.dispatcher.wake),
        )
        standings = Standings(
            ValkeyStanding(connections.cache, personal),
            SqlFacts(pools.reads, keys, rows),
            clock,
            hard_limit=settings.standing_hard_limit,
            most_reads=settings.read_backlog,
        )
        erasures = Erasures(settings.erasure_acknowledgers, timedelta(days=policy.retention.acknowledge_days))
        purge = Purge(pools.writes, keys, erasures, clock, standings.forget)
        peer, signer = OtpClient(connections.otp), Signer(settings.standing_ring, settings.standing_issuer)
        rules, grace = plan(policy), timedelta(hours=policy.retention.late_hours)
        worker = Worker(
            pools.jobs,
            jobs,
            {
                JobKind.DESTROY_KEY: Work(purge.destroy_key, _JOB_WAITS),
                JobKind.PURGE: Work(purge.purge, _JOB_WAITS),
                JobKind.PERSONAL_ID_CHECK: Work(lambda job: questions.ask_again(self.identity, job), _JOB_WAITS),
                JobKind.NUMBER_NOTICE: Work(NumberNotices(pools.writes, keys, peer, clock).tell, _JOB_WAITS),
                JobKind.RELEASE_DOCUMENT: Work(documents.destroy, _JOB_WAITS),
                JobKind.APPROVAL: Work(lambda job: approvals.carry_out(self.four_eyes, job), _JOB_WAITS),
            },
            metrics,
            telemetry.tracer,
            slots=JOB_SLOTS,
            drain=timedelta(seconds=2),
        )
        of_ids = PersonalIdWrites(database, policy.accounts_per_personal_id)
        by_number = Bounds(policy.accounts_per_number, policy.number_moves)
        self.identity = Identity(
            clock=clock,
            policy=policy,
            plan=NumberPlan.load(settings.numbering_plan_file),
            environment=settings.environment,
            accounts=SqlAccounts(database),
            account_list=SqlAccountList(database),
            locks=SqlLocks(database),
            transitions=SqlTransitions(database),
            violations=SqlViolations(database, policy.locks),
            lock_list=SqlLockList(pools.writes),
            lifecycle=SqlLifecycle(database, erasures),
            retention=SqlRetention(pools.writes, rules, grace),
            holds=SqlHolds(pools.writes, requests),
            evidence=SqlEvidence(pools.writes, requests, signer),
            duties=SqlDuties(pools.writes, requests),
            reconciliations=SqlReconciliations(pools.writes, requests),
            cases=SqlCases(pools.writes, requests),
            releases=releases,
            exports=SqlExports(pools.writes, filling, requests, policy, rules),
            number_lists=SqlNumberLists(pools.writes, personal, Findings(policy.reconciliation), policy.reconciliation),
            held_jobs=SqlHeldJobs(pools.writes, requests),
            sessions=SqlSessionLog(pools.writes, session_keys, held_sessions, months, requests),
            verifications=SqlVerifications(database),
            imports=SqlImports(
                pools.imports, BatchSealer(keys, personal), personal, rows, by_number, bindings=database.bindings
            ),
            search=SqlSearch(pools.writes, personal),
            record=SqlAudit(pools.writes, trail),
            proofs=peer,
            guardianships=SqlGuardianships(database),
            holders=SqlHolders(database),
            standings=standings,
            tokens=SignedStandings(signer),
            platforms=platforms,
            publication=publication,
            personal_ids=SqlPersonalIds(database, of_ids),
            sign_ins=SqlSignIns(database, of_ids),
            personal_id_scheme=PersonalIdScheme.load(),
            providers=providers,
            events=EventStream(tail),
            appended=_all(relay.wake, worker.wake),
            decided=lambda action, reason, number: metrics.decisions.add(action, reason, by=number),
        )
        self.four_eyes = FourEyes(
            clock=clock,
            approvals=SqlApprovals(pools.writes, requests),
            executors={
                ApprovalKind.KEY_DESTRUCTION: KeyDestruction(pools.writes, purge, clock),
                **done_elsewhere(pools.writes, clock),
                **lock_acts(pools.writes, clock, self.identity.locks, self.identity.follow),
                ApprovalKind.AUTHORITY_RELEASE: AuthorityRelease(
                    releases, documents, clock, timedelta(days=policy.retention.release_document_days)
                ),
            },
            open_for=timedelta(hours=policy.identity.approval_hours),
            appended=worker.wake,
        )
        staffing = StaffAssembly.of(
            settings,
            pools.writes,
            connections.state,
            signing,
            provider=staff_provider,
            requests=requests,
            sealer=sealer,
            clock=clock,
            metrics=metrics,
        )
        self.staff, self.sessions = staffing.staff, staffing.directory
        housekeeping = Housekeeping(pools.writes, clock, rules, grace, metrics)
        census = Census(
            pools.imports,
            SqlFacts(pools.imports, keys, rows),
            clock,
            lambda state, number: metrics.accounts.labels(state).set(number),
        )
        rotation = Rotation(
            [
                *targets.of_keys(pools.keys, wrapper, seal_ring),
                *targets.of_accounts(pools.writes, keys, personal, seal_ring, index_ring),
                *targets.of_webhooks(pools.writes, secrets, seal_ring),
            ],
            lambda column, left: metrics.old_key_rows.labels(column).set(left),
        )
        outcomes = OutcomeWatch(
            pools.jobs,
            peer,
            InactiveNumbers(personal, wanted=policy.reverification.on_inactive_number),
            clock,
            telemetry.tracer,
            changed=self.identity.follow,
            gap=metrics.outcome_gaps.add,
        )
        reconciling = Reconciling(
            pools.jobs,
            Numbers(pools.imports, keys),
            Findings(policy.reconciliation),
            clock,
            questions=lambda run: NumberQuestions(self.identity, run),
            changed=self.identity.follow,
        )
        record = TrailWork.of(pools.audit, trail, settings, clock, metrics, kept_months=policy.retention.audit_months)
        self.auditing = record.auditing
        self.works: tuple[Runs, ...] = (
            *(relay, tail, publication, housekeeping, census, rotation, worker, outcomes, months, reconciling),
            *(record.sealer, record.pruning, self.webhooks.dispatcher, self.webhooks.worker),
            *(staffing.publication, staffing.sweep),
        )


def _all(*steps: Callable[[], None]) -> Callable[[], None]:
    def take() -> None:
        for step in steps:
            step()

    return take
