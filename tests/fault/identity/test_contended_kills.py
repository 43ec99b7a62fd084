"""`kill -9` while sixteen writers trade a few numbers between a few accounts: evictions, changes and revocations.

Each writer repeats what was cut off with the same request, as a platform's client does. Afterwards every request that was
answered has left exactly one line in the audit trail and its events, and what is decided agrees with the tables.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import asyncpg
import grpc
import pytest
from identity_process import REPEATED
from otp_peer import Purpose

from xacthuc.api.identity.v1 import resources_pb2
from xacthuc.sql.migrations import dsn

ROUNDS = 100 if os.environ.get("XACTHUC_SOAK") else 5
WRITERS = 16
TURNS = 3
ACCOUNTS = "abcd"
NUMBERS = [f"+8491234567{digit}" for digit in range(4)]
"""After these the outcome is unknown, or nothing was done: the same request is asked again (docs/errors.md)."""
STALE = timedelta(seconds=35)
"""A process that dies between a commit and its word to the cache leaves facts there for their soft life of 30 s."""

FREE_MOVES = """
version = "contended-1"
[number_moves.most]
value = 1000000
effective = 2026-11-28
citation = "here numbers pass from hand to hand all the time"
"""


@pytest.fixture
def unstarted(unstarted, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text(FREE_MOVES)
    unstarted.environment["XACTHUC_POLICY_FILE"] = str(policy)
    return unstarted


class Writer:
    """Does what platforms do, in any order, and remembers what was answered."""

    def __init__(self, api, platform, answered, tries):
        self.api, self.platform, self.answered, self.tries = api, platform, answered, tries

    async def write(self):
        for _ in range(TURNS):
            account, number, request_id = random.choice(ACCOUNTS), random.choice(NUMBERS), str(uuid4())
            match random.randrange(5):
                case 0 | 1:
                    token = self.api.otp.prove(number, account)
                    await self.insist("phone_verified", request_id, self.platform.verify, account, token, request_id)
                case 2 | 3:
                    token = self.api.otp.prove(number, account, Purpose.NUMBER_CHANGE)
                    await self.insist("number_changed", request_id, self.platform.change, account, token, request_id)
                case _:
                    await self.insist("verification_revoked", request_id, self.platform.revoke, account, request_id)

    async def insist(self, tag, request_id, step, *arguments):
        while True:
            try:
                await step(*arguments)
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.FAILED_PRECONDITION:
                    return
                if error.code() not in REPEATED:
                    raise
                await asyncio.sleep(0.05)  # a client's pause before it asks again
            else:
                self.answered[request_id] = tag
                return
            finally:
                self.tries[tag] += 1


async def fetch(postgres, query):
    connection = await asyncpg.connect(dsn(postgres.url))
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def assert_told_once(postgres, answered):
    """What was answered is on record once; what was not, or was refused, is not at all, or once."""
    audit = await fetch(postgres, "SELECT tag, subject, request_id FROM identity.audit WHERE request_id <> ''")
    own = [row for row in audit if row["tag"].rsplit(":", 1)[1] in set(answered.values())]
    tags = Counter((row["request_id"], row["tag"].rsplit(":", 1)[1]) for row in own)
    assert max(tags.values(), default=1) == 1
    recorded = dict(tags.keys())
    for request_id, tag in answered.items():
        if tag == "phone_verified":
            assert recorded[request_id] == tag
        elif tag == "number_changed":  # to the same number it is a verification again
            assert recorded[request_id] in {tag, "phone_verified"}
        else:  # nothing stood that could be taken back
            assert recorded.get(request_id, tag) == tag
    assert set(recorded) <= set(answered)

    placed = await fetch(postgres, "SELECT kind, subject, position FROM identity.outbox ORDER BY position")
    assert [row["position"] for row in placed] == list(range(1, len(placed) + 1))
    events, lines = Counter(row["kind"] for row in placed), Counter(row["tag"].rsplit(":", 1)[1] for row in audit)
    assert events["PHONE_VERIFIED"] == lines["phone_verified"]
    assert events["NUMBER_CHANGED"] == lines["number_changed"]
    assert events["REVERIFICATION_REQUIRED"] == lines["phone_lapsed"] + lines["verification_revoked"]


async def standing(postgres):
    """The accounts that stand on a number, by what the evidence says and by what the claims say."""
    proven = await fetch(
        postgres, "SELECT account, number_index FROM identity.evidence WHERE lapse_time IS NULL ORDER BY 1, 2"
    )
    claimed = await fetch(postgres, "SELECT account, number_index FROM identity.number_claims ORDER BY 1, 2")
    assert [tuple(row) for row in proven] == [tuple(row) for row in claimed]
    assert len({row["account"] for row in claimed}) == len({row["number_index"] for row in claimed}) == len(claimed)
    return {row["account"] for row in claimed}


@pytest.mark.timeout(120 + 60 * ROUNDS)
@pytest.mark.rule("R30")
async def test_kills_among_sixteen_writers_on_few_accounts_leave_everything_whole(
    api, platform, deployment, own_postgres, eventually
):
    answered, tries = {}, Counter()
    for account in ACCOUNTS:
        await platform.register(account)
    deadlocks = await fetch(own_postgres, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")

    for _ in range(ROUNDS):
        until = tries.total() + random.randrange(WRITERS)
        writing = asyncio.gather(*(Writer(api, platform, answered, tries).write() for _ in range(WRITERS)))
        # Tries, not answers: each ends within a call's time, however long those who come last wait for a lock.
        await eventually(lambda until=until, writing=writing: tries.total() >= until or writing.done())
        deployment.kill()
        await asyncio.to_thread(deployment.start)
        await writing
        await standing(own_postgres)

    async def all_placed():
        return not await fetch(own_postgres, "SELECT 1 FROM identity.outbox WHERE position IS NULL")

    await eventually(all_placed)
    await assert_told_once(own_postgres, answered)
    holders = await standing(own_postgres)
    for account in ACCOUNTS:

        async def agrees(account=account):
            return (await platform.check(account, resources_pb2.POST)).allowed == (account in holders)

        await eventually(agrees, within=STALE)
    left = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    assert await fetch(own_postgres, left) == []
    after = await fetch(own_postgres, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert after == deadlocks


@pytest.mark.rule("R31")
async def test_what_was_told_while_identity_was_down_is_dealt_with_from_where_it_left_off(
    api, platform, deployment, own_postgres, eventually
):
    for account, number in zip("ab", NUMBERS, strict=False):
        await platform.register(account)
        await platform.verify(account, api.otp.prove(number, account))

    async def lapsed(account):
        return (await platform.get(account)).state == resources_pb2.Account.REVERIFICATION_REQUIRED

    api.otp.number_is_out_of_use(platform.name, "a", NUMBERS[0])
    await eventually(lambda: lapsed("a"))
    deployment.kill()
    api.otp.number_is_out_of_use(platform.name, "b", NUMBERS[1])
    await asyncio.to_thread(deployment.start)

    await eventually(lambda: lapsed("b"), within=STALE)
    assert api.otp.cursors == [b"", b"1"]
    lines = await fetch(own_postgres, "SELECT subject FROM identity.audit WHERE tag LIKE '%phone_lapsed' ORDER BY id")
    assert [row["subject"] for row in lines] == ["a", "b"]
