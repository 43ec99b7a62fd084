"""`kill -9` of identity while events are given to a webhook, carried to it and put on their way again.

Each reaches the receiver at least once, under one id; so does each that a replay names. Order is not promised
(docs/webhooks.md), and none is looked for.
"""

from __future__ import annotations

import asyncio
import os
import random
from datetime import timedelta
from uuid import uuid4

import asyncpg
import grpc
import pytest
from identity_process import REPEATED
from webhook_receiver import WebhookReceiver

from xacthuc.api.identity.v1 import service_pb2, webhook_admin_pb2, webhook_admin_pb2_grpc
from xacthuc.sql.migrations import dsn
from xacthuc.watching.places import Places

ROUNDS = 100 if os.environ.get("XACTHUC_SOAK") else 3
ACCOUNTS = "abcdefghijkl"
TURNS = 6
"""Calls that each account gets in a round: in all more events than a replay puts on their way in one job."""
SETTLED = timedelta(seconds=120)
"""Nobody may touch a job of a killed process for 16 s (decision 20); what hung and failed is tried again after 36 s."""


@pytest.fixture
async def receiver():
    made = WebhookReceiver()
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def database(own_postgres):
    connection = await asyncpg.connect(dsn(own_postgres.url))
    yield connection
    await connection.close()


async def admin(api, method, **fields):
    stub = webhook_admin_pb2_grpc.WebhookAdminStub(api._internal)
    request = getattr(webhook_admin_pb2, f"{method}Request")(**fields, request_id=str(uuid4()))
    return await getattr(stub, method)(request, timeout=20, wait_for_ready=True)


async def lock(platform, account):
    """Locks an account some times, each until it is answered."""
    for _ in range(TURNS):
        request = service_pb2.LockAccountRequest(name=f"accounts/{account}", basis="order 1", request_id=str(uuid4()))
        while True:
            try:
                await platform.ask("LockAccount", request)
            except grpc.aio.AioRpcError as error:
                if error.code() not in REPEATED:
                    raise
                await asyncio.sleep(0.05)  # a client's pause before it asks again
            else:
                break


def told(receiver, since=0):
    return {f"events/{asked.headers['webhook-id']}" for asked in receiver.received[since:]}


async def happened(database):
    """Returns the name of every event."""
    places = Places(await database.fetchval("SELECT secret FROM identity.outbox_head"))
    positions = await database.fetch("SELECT position FROM identity.outbox")
    return {f"events/{places.event_id(row['position'], 0)}" for row in positions}


async def die(deployment):
    deployment.kill()
    await asyncio.to_thread(deployment.start)


@pytest.mark.timeout(600 + 60 * ROUNDS)
async def test_every_event_reaches_the_webhook_and_again_when_replayed_whatever_dies(
    api, platform, deployment, receiver, database, eventually
):
    begun = "SELECT 1 FROM identity.cursors WHERE stream = 'webhooks'"
    await eventually(lambda: database.fetchval(begun))  # what happened before the first pass ever is nobody's
    made = await admin(api, "CreateWebhook", parent=f"platforms/{platform.name}", address=receiver.address)
    for account in ACCOUNTS:
        await platform.register(account)

    for _ in range(ROUNDS):
        receiver.behave("hang", times=random.randrange(3))
        writing = asyncio.gather(*(lock(platform, account) for account in ACCOUNTS))
        until = len(receiver.received) + random.randrange(1, len(ACCOUNTS) * TURNS // 2)
        await eventually(
            lambda until=until, writing=writing: len(receiver.received) >= until or writing.done(), within=SETTLED
        )
        await die(deployment)
        await writing

    async def waits(state="PENDING"):
        unplaced = "SELECT count(*) FROM identity.outbox WHERE position IS NULL"
        count = "SELECT count(*) FROM identity.webhook_deliveries WHERE state = $1"
        return await database.fetchval(unplaced) + await database.fetchval(count, state)

    async def has_told_all():
        return not await waits() and told(receiver) == await happened(database)

    await eventually(has_told_all, within=SETTLED)
    names = await happened(database)
    assert len(names) == len(ACCOUNTS) * (1 + TURNS * ROUNDS)
    assert await database.fetchval("SELECT count(*) FROM identity.webhook_deliveries") == len(names)

    mark = len(receiver.received)
    await admin(api, "ReplayWebhook", name=made.webhook.name, from_time=made.webhook.create_time)
    until = mark + random.randrange(len(names) // 2)
    await eventually(lambda: len(receiver.received) >= until, within=SETTLED)
    await die(deployment)

    await eventually(lambda: told(receiver, mark) == names, within=SETTLED)
    assert await database.fetchval("SELECT count(*) FROM identity.jobs WHERE state = 'HELD'") == 0
