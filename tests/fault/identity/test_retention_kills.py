"""`kill -9` while holds and purges meet: what is held is there, keys and all, and everything else is gone."""

from __future__ import annotations

import asyncio
import os
import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from xacthuc.api.identity.v1 import retention_admin_pb2 as pb2
from xacthuc.api.identity.v1 import service_pb2
from xacthuc.sql.migrations import dsn

ROUNDS = 50 if os.environ.get("XACTHUC_SOAK") else 2
ACCOUNTS = [f"u{number}" for number in range(12)]

LEFT = """
SELECT account.account, account.life = 'ERASED' AS erased,
       EXISTS (SELECT FROM identity.held_accounts held WHERE held.platform = $1 AND held.account = account.account) AS held,
       EXISTS (SELECT FROM identity_keys.account_keys key WHERE key.platform = $1 AND key.wrapped IS NOT NULL
               AND key.account IN (account.account, account.account || ':hold')) AS opens
FROM identity.accounts account WHERE account.platform = $1
"""


@pytest.fixture
async def look(own_postgres):
    connection = await asyncpg.connect(dsn(own_postgres.url))
    yield connection
    await connection.close()


def holding(platform, account):
    review = Timestamp()
    review.FromDatetime(datetime.now(UTC) + timedelta(days=1))
    return pb2.PlaceHoldRequest(
        parent=f"platforms/{platform.name}",
        authority="A05",
        legal_basis="Law 116/2025",
        reference="1",
        review_time=review,
        accounts=[f"accounts/{account}"],
        request_id=str(uuid4()),
    )


@pytest.mark.rule("R49")
@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_what_is_held_survives_and_all_else_goes(api, platform, deployment, look, eventually, seed):
    chance = random.Random(seed)
    for account in ACCOUNTS:
        await platform.register(account)
        verb, kind = chance.choice(
            (("EraseAccount", service_pb2.EraseAccountRequest), ("CloseAccount", service_pb2.CloseAccountRequest))
        )
        await platform.ask(verb, kind(name=f"accounts/{account}", request_id=str(uuid4())))
    await look.execute("UPDATE identity.accounts SET purge_time = now() WHERE platform = $1", platform.name)
    orders = [holding(platform, account) for account in chance.sample(ACCOUNTS, 8)]

    async def purge_and_hold():
        await look.execute("UPDATE identity.jobs SET due_time = now() WHERE kind = 'PURGE'")
        for order in orders:
            await asyncio.sleep(chance.uniform(0, 0.1))
            await api.retention.PlaceHold(order, timeout=5)

    meeting = asyncio.create_task(purge_and_hold())
    await asyncio.sleep(chance.uniform(0.1, 0.8))
    deployment.kill()
    await asyncio.gather(meeting, return_exceptions=True)
    deployment.start()
    answers = [await _until_answered(api, order) for order in orders]

    async def all_settled():
        return all(row["erased"] or row["held"] for row in await look.fetch(LEFT, platform.name))

    await eventually(all_settled, within=timedelta(seconds=60))
    rows = await look.fetch(LEFT, platform.name)
    refused = {name.partition("/")[2] for answer in answers for name in answer.not_held}
    assert all(row["erased"] != row["held"] and row["held"] == row["opens"] for row in rows), rows
    assert refused <= {row["account"] for row in rows if row["erased"]}


async def _until_answered(api, order):
    while True:
        try:
            return await api.retention.PlaceHold(order, timeout=5)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            await asyncio.sleep(0.05)
