"""`kill -9` while accounts are destroyed: what is due goes once, its evidence balances, and nothing goes early."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter, defaultdict
from datetime import timedelta
from uuid import uuid4

import asyncpg
import grpc
import pytest
from identity_process import REPEATED

from xacthuc.api.identity.v1 import service_pb2
from xacthuc.sql.migrations import dsn

ROUNDS = 100 if os.environ.get("XACTHUC_SOAK") else 3
DUE = {"closed": 4, "erased": 4, "child": 1}
STAYS = {"open": 1, "later": 2, "minor": 1}
CAUSES = {"closed": "CLOSED", "erased": "REQUESTED", "child": "PENDING"}
CHILD = (2015, 1, 2)
SETTLED = timedelta(seconds=120)
"""Nobody may touch a job of a killed process for 16 s (decision 20)."""

TABLES = ("accounts", "evidence", "consents", "locks", "lock_identities", "violations", "requests")

BEGUN = "SELECT count(*) FROM identity.erasures WHERE begin_time IS NOT NULL"
LEFT = """
SELECT count(*) FROM identity.accounts
WHERE platform = $1 AND life <> 'ERASED' AND account = ANY ($2)
"""
ERASURES = """
SELECT account, cause, destroyed, end_time IS NOT NULL AND complete_time IS NOT NULL
       AND key_time IS NOT NULL AND begin_time <= end_time AS whole
FROM identity.erasures WHERE platform = $1
"""
OPENS = """
SELECT DISTINCT split_part(account, ':', 1) FROM identity_keys.account_keys WHERE platform = $1 AND wrapped IS NOT NULL
"""
TOLD = "SELECT subject FROM identity.outbox WHERE platform = $1 AND kind = 'ACCOUNT_ERASED'"
AUDITED = "SELECT subject FROM identity.audit WHERE platform = $1 AND tag = 'identity:account:erased'"


@pytest.fixture
async def database(own_postgres):
    connection = await asyncpg.connect(dsn(own_postgres.url))
    yield connection
    await connection.close()


@pytest.fixture
def live(api, platform):
    """Lets an account live to its end, if it has one: with a number, a lock, and whatever else is kept of it."""

    async def of(account, fate, number):
        registration = platform.registration(account, **({"born": CHILD} if fate in {"child", "minor"} else {}))
        await answered(lambda: platform.submit(registration))
        if fate in {"child", "minor"}:
            return
        token, request_id = api.otp.prove(number, account), str(uuid4())
        await answered(lambda: platform.verify(account, token, request_id))
        if fate == "closed":
            await ask("LockAccount", account, basis="order 1")
        if fate in {"closed", "later"}:
            await ask("CloseAccount", account)
        elif fate == "erased":
            await ask("EraseAccount", account)

    async def ask(verb, account, **fields):
        request = getattr(service_pb2, f"{verb}Request")(name=f"accounts/{account}", request_id=str(uuid4()), **fields)
        await answered(lambda: platform.ask(verb, request))

    return of


async def answered(ask):
    """Asks until somebody answers, as a client does by the same request."""
    while True:
        try:
            return await ask()
        except grpc.aio.AioRpcError as error:
            if error.code() not in REPEATED:
                raise
            await asyncio.sleep(0.05)  # a client's pause before it asks again


async def rows_of(database, platform, accounts):
    """Returns what there is of accounts, by account and table."""
    found = defaultdict(dict)
    for table in TABLES:
        query = (
            f"SELECT account, to_jsonb(one) AS row FROM identity.{table} one WHERE platform = $1 AND account = ANY ($2)"
        )
        for account, row in await database.fetch(query, platform, accounts):
            found[account].setdefault(table, []).append(row)
    return {account: {table: sorted(rows) for table, rows in of.items()} for account, of in found.items()}


def counted(fate, rows):
    """Returns how many rows of which table an erasure of this cause destroys."""
    gone = set(TABLES) - ({"requests"} if fate == "erased" else set())
    return {table: len(of) for table, of in rows.items() if table in gone}


@pytest.mark.rule("R49")
@pytest.mark.timeout(600 + 30 * ROUNDS)
async def test_what_is_due_goes_once_and_nothing_else_does(platform, deployment, database, eventually, live):
    chance = random.Random(49)
    fates, before = {}, {}
    for turn in range(ROUNDS):
        born = {f"{fate}-{turn}-{at}": fate for fate, many in (DUE | STAYS).items() for at in range(many)}
        numbers = (f"+849{turn:04d}{at:04d}" for at in range(len(born)))
        await asyncio.gather(*map(live, born, born.values(), numbers))
        fates |= born
        due = [account for account, fate in born.items() if fate in DUE]
        # Keys of who was erased are destroyed by jobs of their own; here it is about what comes in the end. A key made
        # within the last minute may be one of a registration that has no rows yet, and is left alone.
        await eventually(lambda: no_jobs(database, "DESTROY_KEY"), within=SETTLED)
        await database.execute(
            "UPDATE identity.accounts SET purge_time = now() WHERE platform = $1 AND account = ANY ($2)",
            platform.name,
            due,
        )
        await database.execute("UPDATE identity_keys.account_keys SET create_time = now() - interval '1 hour'")
        before |= await rows_of(database, platform.name, list(born))
        begun = await database.fetchval(BEGUN) + chance.randrange(1, len(due))
        # Also those of accounts whose time has not come: a job that comes early is to find that out.
        await database.execute("UPDATE identity.jobs SET due_time = now() WHERE kind = 'PURGE' AND state = 'WAITING'")
        await eventually(lambda begun=begun: reached(database, begun), within=SETTLED)
        await asyncio.sleep(chance.uniform(0, 0.02))  # anywhere between the commits of a purge
        deployment.kill()
        await asyncio.to_thread(deployment.start)

    due, stays = (sorted(account for account, fate in fates.items() if fate in kind) for kind in (DUE, STAYS))

    async def all_gone():
        return not await database.fetchval(LEFT, platform.name, due)

    await eventually(all_gone, within=SETTLED)
    await eventually(lambda: no_jobs(database, "PURGE", before="now()"), within=SETTLED)
    after = await rows_of(database, platform.name, [*due, *stays])
    for account in due:
        left = {table: of for table, of in after.get(account, {}).items() if table not in {"accounts", "evidence"}}
        assert set(left) <= ({"requests"} if fates[account] == "erased" else set()), account
    assert {account: after[account] for account in stays} == {account: before[account] for account in stays}

    told = await database.fetch(ERASURES, platform.name)
    ended = [row for row in told if row["account"] in set(due)]
    assert Counter(row["account"] for row in ended) == dict.fromkeys(due, 1)
    assert {row["account"]: row["cause"] for row in ended} == {account: CAUSES[fates[account]] for account in due}
    assert {row["account"]: json.loads(row["destroyed"]) for row in ended} == {
        account: counted(fates[account], before[account]) for account in due
    }
    assert all(row["whole"] for row in ended)
    for query in (TOLD, AUDITED):
        assert Counter(row[0] for row in await database.fetch(query, platform.name)) == dict.fromkeys(due, 1)
    assert {row[0] for row in await database.fetch(OPENS, platform.name)} == set(stays)


async def reached(database, begun):
    return await database.fetchval(BEGUN) >= begun


async def no_jobs(database, kind, before="'infinity'"):
    query = f"SELECT count(*) FROM identity.jobs WHERE kind = $1 AND due_time <= {before}"
    unplaced = await database.fetchval("SELECT count(*) FROM identity.outbox WHERE position IS NULL")
    return not await database.fetchval(query, kind) and not unplaced
