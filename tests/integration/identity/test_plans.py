"""What the statements of identity's hot paths read, with a hundred thousand rows in every table that grows.

The statements are those the adapters say, caught on their way. Each is explained as PostgreSQL plans it for its
parameters, and as it plans it for any: it keeps the second one when a statement was said often enough.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from crowd import FILL
from lock_world import LockWorld
from plans import said, scans, table_of, wrong

from xacthuc.identity.adapters.retention.counting import count, overdue
from xacthuc.identity.adapters.retention.sweeping import destroy
from xacthuc.identity.adapters.tables import outbox
from xacthuc.identity.domain.retention import plan
from xacthuc.policy import Action
from xacthuc.sql.engine import transaction
from xacthuc.sql.migrations import dsn
from xacthuc.sql.relay import Relay

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
    sql(f"CREATE DATABASE {name} TEMPLATE {crowded}")
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


OF_ONE = [register, read_an_account, prove_a_first_number, decide]
OF_MORE = [take_a_number_over, decide_about_a_guarded_child, decide_about_many, open_many, relay, follow_events, sweep]
OF_MORE += [lock_a_person, count_violations]


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
