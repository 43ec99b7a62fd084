"""What the statements of identity's hot paths read, with a hundred thousand rows in every table that grows.

The statements are those the adapters say, caught on their way. Each is explained as PostgreSQL plans it for its
parameters, and as it plans it for any: it keeps the second one when a statement was said often enough.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from crowd import FILL
from import_world import batch, phone, row, run, verdicts
from lock_world import LockWorld
from plans import said, scans, table_of, wrong

from xacthuc.identity.adapters.census import Census, Count
from xacthuc.identity.adapters.purge import Purge, purge_job
from xacthuc.identity.adapters.reconciliation.findings import Findings, Page
from xacthuc.identity.adapters.reconciliation.reading import Numbers
from xacthuc.identity.adapters.retention.counting import count, overdue
from xacthuc.identity.adapters.retention.sweeping import destroy
from xacthuc.identity.adapters.tables import outbox
from xacthuc.identity.commands import EndAccount, Given, VerifyPersonalId
from xacthuc.identity.domain.import_rows import ImportedTransition, microseconds
from xacthuc.identity.domain.importing import Outcome as ImportOutcome
from xacthuc.identity.domain.personal_ids import Ground, Outcome, Proven
from xacthuc.identity.domain.reconciliation import Finding, FindingKind, Run, Source, Tally
from xacthuc.identity.domain.retention import plan
from xacthuc.identity.ports.eid import Flow
from xacthuc.identity.ports.personal_ids import BegunSignIn, NewSignIn
from xacthuc.identity.usecases import lifecycle
from xacthuc.identity.usecases.personal_ids import verify_personal_id
from xacthuc.policy import Action
from xacthuc.sql.engine import transaction
from xacthuc.sql.migrations import dsn
from xacthuc.sql.relay import Relay

# Filling takes half a minute, and minutes where the machine has other work.
pytestmark = pytest.mark.timeout(600)

PARTITIONED = {"accounts", "consents", "evidence", "account_keys"}
BATCH = [f"c{number}" for number in range(1, 501)]


@pytest.fixture(scope="module")
def crowded(postgres_server, sql, template):
    """A database with a crowd in it, to be copied."""

    async def fill():
        connection = await asyncpg.connect(dsn(postgres_server.database_url("crowded")))
        for statement in FILL:
            await connection.execute(statement)
        await connection.close()

    sql(f"CREATE DATABASE crowded TEMPLATE {template}")
    asyncio.run(fill())
    yield "crowded"
    sql("DROP DATABASE crowded WITH (FORCE)")


@pytest.fixture
def migrated_url(postgres_server, sql, crowded):
    name = f"t_{uuid4().hex}"
    sql(f"CREATE DATABASE {name} TEMPLATE {crowded} STRATEGY FILE_COPY")
    yield postgres_server.database_url(name)
    sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def world(bench, engine):
    """Two accounts beside the crowd; the number is the first one's."""
    await bench.register("u1")
    await bench.register("u2")
    await bench.verify("u1")
    bench.engine = engine
    return bench


async def register(world):
    await world.register("late")


async def read_an_account(world):
    await world.identity.accounts.get("forum", "u1")


async def prove_a_first_number(world):
    await world.verify("u2", world.proof("u2", "+84912345679"))


async def take_a_number_over(world):
    await world.verify("u2")


async def decide(world):
    await world.check("u1", Action.POST)


async def look_at(world, *account_ids):
    async with transaction(world.engine) as connection:
        found = await world.rows.read(connection, "forum", account_ids)
    assert found.rows.keys() == set(account_ids)


async def decide_about_a_guarded_child(world):
    await look_at(world, "c7")


async def decide_about_many(world):
    await look_at(world, *BATCH)


async def open_many(world):
    await world.keys.get_many("forum", ["u1", "u2"])


async def lock_a_person(world):
    locks = LockWorld(world)
    await locks.lock("u1")
    await locks.holder("u3", "+84912345678", name="Nguyễn Văn u1")
    await locks.unlock("u3")


async def count_violations(world):
    for _ in range(5):
        await LockWorld(world).violate("u1")


async def correct(world):
    await world.correct("u1", full_name="Trần Thị B")


async def close(world):
    await lifecycle.close_account(world.identity, EndAccount(order=world.order("close"), account_id="u1"))


async def erase(world):
    await lifecycle.erase_account(world.identity, EndAccount(order=world.order("erase"), account_id="u1"))


async def purge(world):
    await close(world)
    world.clock.advance(timedelta(days=740))
    job = purge_job("forum", "u1", world.clock.now())
    await Purge(world.engine, world.keys, world.erasures, world.clock, world.identity.standings.forget).purge(job)


async def give_a_personal_id(world, personal_id="001090000001"):
    command = VerifyPersonalId(
        order=world.order(personal_id, "VerifyPersonalId"),
        account_id="u2",
        personal_id=personal_id,
        given=Given(ground=Ground.COMMERCE, confirmation=None),
    )
    return await verify_personal_id(world.identity, command)


async def wait_for_a_provider(world):
    """One that is down; somebody else's report is looked for among all that are pending."""
    assert (await give_a_personal_id(world, "000090000003")).outcome is Outcome.PENDING
    assert await world.identity.personal_ids.reported("eid", "none") is None


async def take_a_personal_id_over(world):
    await world.correct("u1", full_name="Trần Thị B")
    for account in ("u1", "u2"):
        await sign_in(world, account)


async def sign_in(world, account="u2"):
    order, now = world.order(account, "CompleteElectronicId"), world.clock.now()
    flow = Flow(state=f"state of {account}", nonce="", code_verifier="", redirect_uri="")
    begun = BegunSignIn(authorization_uri="", state=flow.state, expire_time=now + timedelta(minutes=10))
    new = NewSignIn(provider="eid", flow=flow, answer=begun, confirmation=None)
    ids = world.identity.sign_ins
    await ids.admit(world.order(account, "StartElectronicId"), account)
    await ids.begin(world.order(account, "StartElectronicId"), account, new, now)
    taken = await ids.take(order, account, flow.state, now)
    proven = Proven(personal_id="001090000001", source="eid", level="2", transaction_id="t", verify_time=now)
    settled = await ids.settle(order, account, "001090000001", lambda _: proven, retry_seconds=0, now=now)
    assert (taken.provider, settled.answer.outcome) == ("eid", Outcome.CONFIRMED)


async def import_some(world):
    """One account that is there, and one that is new and takes its number over."""
    policy = world.identity.policy
    accepts = replace(policy, imports=replace(policy.imports, accept_phone_evidence=True))
    grace = ImportedTransition(microseconds(world.clock.now() + timedelta(days=20)), "order")
    number = phone("+84912345678", proven=world.clock.now())
    rows = [row("u1", transition=grace), row("new", transition=grace, phone=number)]
    (answer,) = await run(replace(world.identity, policy=accepts), batch("forum", rows))
    assert [verdict.outcome for verdict in verdicts(answer)] == [ImportOutcome.EXISTS, ImportOutcome.IMPORTED]


async def relay(world):
    await Relay(world.engine, "identity", interval=timedelta(seconds=1), on_lag=lambda _: None).place()


async def follow_events(world):
    async with transaction(world.engine) as connection:
        await outbox.read(connection, after=99_990, limit=100)
        await outbox.span(connection, after=99_900, until=99_990)
        await outbox.span(connection, after=99_900, until=99_990, platform="forum")
        await outbox.forget(connection, before=world.clock.now(), until=100)


async def sweep(world):
    rules, now = plan(world.identity.policy), world.clock.now()
    await destroy(world.engine, rules, now)
    await count(world.engine, rules, now, timedelta(days=1))
    await overdue(world.engine, now)


async def count_states(world):
    census, middle = Census(world.engine, world.facts, world.clock, lambda *_: None), ("forum", "u5")
    assert not await census.step(Count(world.clock.now(), middle, {}, None).spelled())
    assert await census.begin() is not None


async def reconcile(world):
    order, now = replace(world.order(), platform=""), world.clock.now()
    run = Run(
        run_id=order.request_id,
        platform="",
        sources=(Source.SIM_SWAP,),
        dry_run=False,
        per_second=1,
        actor="",
        create_time=now,
        update_time=now,
    )
    await world.identity.reconciliations.start(order, run)
    numbers = Numbers(world.engine, world.keys)
    for one in (run, replace(run, platform="forum")):
        read = await numbers.page(one, ("forum", "u"))
    (subject,) = read.subjects
    finding = Finding(
        platform="forum",
        account_id=subject.account_id,
        evidence_id=subject.evidence_id,
        kind=FindingKind.RECYCLED,
        source="operator/o",
        observe_time=now + timedelta(days=1),
    )
    page = Page(after=("", ""), until=read.until, findings=[finding], tally=Tally())
    async with transaction(world.engine) as connection:
        assert await Findings(world.identity.policy.reconciliation).apply(connection, run, page, now)
    await world.identity.reconciliations.findings(run.run_id, None, ("forum", "u", "", ""), 10)


OF_ONE = [
    register,
    read_an_account,
    prove_a_first_number,
    decide,
    correct,
    close,
    erase,
    purge,
    give_a_personal_id,
    wait_for_a_provider,
    sign_in,
]
OF_MORE = [
    take_a_number_over,
    take_a_personal_id_over,
    import_some,
    decide_about_a_guarded_child,
    decide_about_many,
    open_many,
    relay,
    follow_events,
    lock_a_person,
    count_violations,
    reconcile,
    sweep,
    count_states,
]


@pytest.mark.parametrize("work", OF_ONE + OF_MORE, ids=lambda work: work.__name__)
async def test_nothing_reads_a_table_from_end_to_end_or_more_partitions_than_it_needs(world, work):
    with said(world.engine) as statements:
        await work(world)
    explained = [(statement, values) for statement, values in statements if "identity" in statement]
    whole, spread = [], []
    async with transaction(world.engine) as connection:
        for statement, values in explained:
            for mode in ("force_custom_plan", "force_generic_plan"):
                read = await scans(connection, statement, values, mode)
                whole += [(statement, mode, node) for node in read if wrong(node)]
                spread += [(statement, mode, table) for table, among in partitions(read).items() if len(among) > 1]

    assert explained
    assert whole == []
    assert spread == [] or work in OF_MORE


def partitions(read):
    """Returns, by partitioned table, those of its partitions that were read."""
    found = defaultdict(set)
    for node in read:
        if table_of(node) in PARTITIONED:
            found[table_of(node)].add(node["Relation Name"])
    return found
