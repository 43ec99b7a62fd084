"""The identity service without its wire: the shipped adapters on real engines, and a clock that stands still."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from xacthuc.audit.sql_audit import SqlAudit
from xacthuc.clock import FixedClock
from xacthuc.identity.adapters.account_cipher import KeyWrapper
from xacthuc.identity.adapters.account_database import AccountDatabase
from xacthuc.identity.adapters.account_keys import AccountKeys
from xacthuc.identity.adapters.account_rows import AccountRows
from xacthuc.identity.adapters.eid_sandbox import SandboxAuthenticator
from xacthuc.identity.adapters.import_sealing import BatchSealer
from xacthuc.identity.adapters.locks.bindings import Bindings
from xacthuc.identity.adapters.locks.sql_lock_list import SqlLockList
from xacthuc.identity.adapters.locks.sql_locks import SqlLocks
from xacthuc.identity.adapters.locks.sql_violations import SqlViolations
from xacthuc.identity.adapters.number_lists.sql_number_lists import SqlNumberLists
from xacthuc.identity.adapters.personal import PersonalData
from xacthuc.identity.adapters.personal_id_writes import PersonalIdWrites
from xacthuc.identity.adapters.reconciliation.findings import Findings
from xacthuc.identity.adapters.reconciliation.sql_reconciliations import SqlReconciliations
from xacthuc.identity.adapters.releases.sql_releases import SqlReleases
from xacthuc.identity.adapters.retention.erasures import Erasures
from xacthuc.identity.adapters.retention.filling import Filling
from xacthuc.identity.adapters.retention.sql_cases import SqlCases
from xacthuc.identity.adapters.retention.sql_duties import SqlDuties
from xacthuc.identity.adapters.retention.sql_evidence import SqlEvidence
from xacthuc.identity.adapters.retention.sql_export import SqlExports
from xacthuc.identity.adapters.retention.sql_holds import SqlHolds
from xacthuc.identity.adapters.retention.sql_retention import SqlRetention
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
from xacthuc.identity.adapters.tables import outbox, trail
from xacthuc.identity.adapters.valkey_standing import ValkeyStanding
from xacthuc.identity.commands import Consent, CorrectAccount, Order, RegisterAccount
from xacthuc.identity.domain.claims import Bounds
from xacthuc.identity.domain.events import told
from xacthuc.identity.domain.registration import CalendarDate
from xacthuc.identity.domain.retention import plan
from xacthuc.identity.ports.eid import Providers
from xacthuc.identity.ports.numbers import Proof
from xacthuc.identity.usecases import accounts, decisions, lifecycle, numbers
from xacthuc.identity.usecases.identity import Identity
from xacthuc.identity.usecases.standing import Standings
from xacthuc.ids import random_bytes
from xacthuc.personal_id import PersonalIdScheme
from xacthuc.phone import NumberPlan
from xacthuc.policy import Policy, Purpose
from xacthuc.sealing import KeyRing, Sealer
from xacthuc.settings import Environment
from xacthuc.sql.engine import transaction
from xacthuc.tokens.signer import Signer
from xacthuc.valkey import Store
from xacthuc.watching.outbox_source import tail_of
from xacthuc.watching.stream import EventStream

PLATFORM = "forum"
ISSUER = "https://id.example.vn"
HARD_LIMIT = timedelta(minutes=10)


class NoPeer:
    """No test here asks another service: those are in tests/service."""

    async def redeem(self, token, subject, purposes, request_id, call):
        raise AssertionError("unexpected call")

    async def publish(self, records):
        raise AssertionError("unexpected call")


@dataclass
class Bench:
    """What tests act on."""

    clock: FixedClock
    identity: Identity
    database: AccountDatabase
    keys: AccountKeys
    personal: PersonalData
    rows: AccountRows
    store: Store
    cache: ValkeyStanding
    facts: SqlFacts
    erasures: Erasures

    def order(self, payload="", method="M", request_id=None):
        return Order(
            platform=PLATFORM,
            method=method,
            request_id=request_id or str(uuid4()),
            payload=payload,
            actor="key:test",
            trace_id="0" * 32,
        )

    async def register(self, account_id, born=(1990, 1, 2), order=None, name=None):
        return await accounts.register_account(
            self.identity,
            RegisterAccount(
                order=order or self.order(account_id, "RegisterAccount"),
                account_id=account_id,
                full_name=name or f"Nguyễn Văn {account_id}",
                birth_date=CalendarDate(*born),
                consent=Consent(text_version="1", accept_time=self.clock.now()),
            ),
        )

    def proof(self, account_id, number="+84912345678"):
        return Proof(
            proof_id=uuid4().hex,
            number=number,
            purpose=Purpose.ACCOUNT_VERIFICATION,
            subject=f"accounts/{account_id}",
            verify_time=self.clock.now(),
            source="otp/sms",
        )

    async def verify(self, account_id, proof=None, order=None):
        """The two transactions of a verification, without the remote call between them."""
        order = order or self.order(account_id, "VerifyPhone")
        begun = await self.identity.verifications.begin(order, account_id, self.clock.now())
        if begun.answer is not None:
            return begun.answer
        settled = await numbers.settle(self.identity, order, account_id, proof or self.proof(account_id))
        return getattr(settled, "answer", settled)

    async def verify_refusal(self, account_id, number):
        """Why a number is not added to the account."""
        return await self.verify(account_id, self.proof(account_id, number))

    async def correct(self, account_id, **right):
        order = self.order(repr(right), "CorrectAccount")
        command = CorrectAccount(order=order, account_id=account_id, **{"full_name": "", "birth_date": None, **right})
        return await lifecycle.correct_account(self.identity, command)

    async def check(self, account_id, action):
        return await decisions.check_action(self.identity, PLATFORM, account_id, action)


@pytest.fixture
async def store(valkey_url):
    made = await Store.connect(valkey_url, timeout_seconds=10)
    yield made
    await made.close()


def ring():
    return KeyRing(keys={0: random_bytes(32)}, current=0)


@pytest.fixture
def new_ring():
    return ring


@pytest.fixture
async def new_server(engine, store):
    """Makes one server of a deployment, by the rings its key files hold."""
    made = []

    def make(*rings, **more):
        made.append(make_bench(engine, store, *rings, **more))
        return made[-1]

    yield make
    for server in made:
        await server.identity.shield.drain()
        await server.identity.standings.drain()


@pytest.fixture
async def bench(engine, new_server):
    return new_server(engine, ring(), ring())


def make_bench(engine, store, key_engine, seal_ring, index_ring, policy=None):
    policy = policy or Policy.load()
    clock = FixedClock(datetime(2026, 11, 23, 3, 0, tzinfo=UTC))
    sealer = Sealer(seal_ring)
    personal, keys = PersonalData(sealer, index_ring), AccountKeys(key_engine, KeyWrapper(sealer))
    requests, rows = SqlRequests(personal), AccountRows(policy, clock, lambda: None)
    signer = Signer(ring(), ISSUER)
    erasures = Erasures(("guardian",), timedelta(days=policy.retention.acknowledge_days))
    cache, facts = ValkeyStanding(store, personal), SqlFacts(engine, keys, rows)
    caps = policy.accounts_per_personal_id
    bindings = Bindings(personal, by_number=policy.locks.by_number_and_person)
    database = AccountDatabase(
        engine=engine, keys=keys, personal=personal, rows=rows, requests=requests, bindings=bindings
    )
    personal_id_writes = PersonalIdWrites(database, caps)
    session_keys = SessionKeys(keys)
    held_sessions = HeldSessions(engine, keys, session_keys)
    months = SessionMonths(engine, session_keys, held_sessions, clock, policy.retention.session_log_months)
    identity = Identity(
        clock=clock,
        policy=policy,
        plan=NumberPlan.load(),
        environment=Environment.PRODUCTION,
        accounts=SqlAccounts(database),
        account_list=SqlAccountList(database),
        locks=SqlLocks(database),
        transitions=SqlTransitions(database),
        violations=SqlViolations(database, policy.locks),
        lock_list=SqlLockList(engine),
        lifecycle=SqlLifecycle(database, erasures),
        retention=SqlRetention(engine, plan(policy), timedelta(hours=policy.retention.late_hours)),
        holds=SqlHolds(engine, requests),
        evidence=SqlEvidence(engine, requests, signer),
        duties=SqlDuties(engine, requests),
        reconciliations=SqlReconciliations(engine, requests),
        cases=SqlCases(engine, requests),
        releases=SqlReleases(engine, keys, requests),
        exports=SqlExports(engine, Filling(engine, keys, session_keys), requests, policy, plan(policy)),
        number_lists=SqlNumberLists(engine, personal, Findings(policy.reconciliation), policy.reconciliation),
        held_jobs=SqlHeldJobs(engine, requests),
        sessions=SqlSessionLog(engine, session_keys, held_sessions, months, requests),
        verifications=SqlVerifications(database),
        imports=SqlImports(
            engine,
            BatchSealer(keys, personal),
            personal,
            rows,
            Bounds(Policy.load().accounts_per_number, Policy.load().number_moves),
            bindings=bindings,
        ),
        search=SqlSearch(engine, personal),
        record=SqlAudit(engine, trail),
        proofs=NoPeer(),
        guardianships=SqlGuardianships(database),
        holders=SqlHolders(database),
        standings=Standings(cache, facts, clock, hard_limit=HARD_LIMIT, most_reads=64),
        tokens=SignedStandings(signer),
        platforms=SqlPlatforms(engine, requests),
        publication=NoPeer(),
        personal_ids=SqlPersonalIds(database, personal_id_writes),
        sign_ins=SqlSignIns(database, personal_id_writes),
        personal_id_scheme=PersonalIdScheme.load(),
        providers=Providers(sandbox=SandboxAuthenticator(clock)),
        events=EventStream(tail_of(engine, outbox, told)),
        appended=lambda: None,
    )
    return Bench(clock, identity, database, keys, personal, rows, store, cache, facts, erasures)


@pytest.fixture
def accepting(bench):
    """The service of an operator whose policy accepts numbers that the platform had verified."""
    policy = bench.identity.policy
    accepts = replace(policy, imports=replace(policy.imports, accept_phone_evidence=True))
    return replace(bench.identity, policy=accepts)


@pytest.fixture
def look(engine):
    """Asks the database."""

    async def ask(query, **values):
        async with transaction(engine) as connection:
            return (await connection.execute(text(query), values)).all()

    return ask
