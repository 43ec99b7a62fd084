"""`kill -9` of two identity processes while sixteen writers change a few accounts and eight watchers follow them.

Four watchers stay with one process, as the client does it; four go back and forth with their cursors. In the end each has
seen every event, and within an account in the order in which things happened.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from contextlib import aclosing
from datetime import timedelta
from uuid import uuid4

import asyncpg
import grpc
import pytest
from identity_process import REPEATED, identity_process
from identity_service import Api

from xacthuc.api.identity.v1 import service_pb2
from xacthuc.client import AsyncXacthuc, EventKind
from xacthuc.sql.migrations import dsn
from xacthuc.watching.places import Places

ROUNDS = 100 if os.environ.get("XACTHUC_SOAK") else 3
WRITERS = 16
TURNS = 4
WATCHERS = 8
ACCOUNTS = "abcdef"


@pytest.fixture
def deployments(deployment, own_postgres, own_valkey, tmp_path):
    """Two processes of one deployment, with the same keys."""
    directory = tmp_path / "second"
    directory.mkdir()
    with identity_process(directory, own_postgres.url, own_valkey.url) as second:
        second.environment["XACTHUC_KEYS_DIRECTORY"] = str(deployment.keys)
        second.start()
        yield (deployment, second)


class Writer:
    """Locks and unlocks accounts, at whichever process answers."""

    def __init__(self, platforms, tries):
        self.platforms, self.tries = platforms, tries

    async def write(self):
        for _ in range(TURNS):
            name, request_id = f"accounts/{random.choice(ACCOUNTS)}", str(uuid4())
            if random.random() < 0.6:
                request = service_pb2.LockAccountRequest(name=name, basis="order 1", request_id=request_id)
                await self.insist("LockAccount", request)
            else:
                request = service_pb2.UnlockAccountRequest(name=name, basis="order 2", request_id=request_id)
                await self.insist("UnlockAccount", request)

    async def insist(self, method, request):
        while True:
            self.tries.append(request.request_id)
            try:
                await random.choice(self.platforms).ask(method, request)
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.FAILED_PRECONDITION:  # nothing was locked
                    return
                if error.code() not in REPEATED:
                    raise
                await asyncio.sleep(0.05)  # a client's pause before it asks again
            else:
                return


class Watcher:
    """Follows one platform and keeps what it was told, repetitions too."""

    def __init__(self, clients, *, hops):
        self.clients, self.hops = clients, hops
        self.seen = []
        self.names = set()

    async def follow(self):
        cursor = ""
        while True:
            client = random.choice(self.clients)
            async with aclosing(client.identity.watch_accounts(cursor)) as batches:
                async for batch in batches:
                    self.seen += batch.events
                    self.names.update(event.name for event in batch.events)
                    cursor = batch.cursor
                    if self.hops and random.random() < 0.1:
                        break

    def has_all(self, names):
        return self.names >= names


async def happened(postgres):
    """Returns every event in order: its name, its account and its kind."""
    connection = await asyncpg.connect(dsn(postgres.url))
    try:
        rows = await connection.fetch("SELECT position, subject, kind FROM identity.outbox ORDER BY position")
        places = Places(await connection.fetchval("SELECT secret FROM identity.outbox_head"))
    finally:
        await connection.close()
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    return [(f"events/{places.event_id(row['position'], 0)}", row["subject"], row["kind"]) for row in rows]


async def unplaced(postgres):
    connection = await asyncpg.connect(dsn(postgres.url))
    try:
        return await connection.fetchval("SELECT count(*) FROM identity.outbox WHERE position IS NULL")
    finally:
        await connection.close()


def first_told(seen, account):
    """Returns what a watcher was told of an account, in the order in which it first heard of it."""
    told = dict.fromkeys((event.name, event.kind.name) for event in seen if event.account == f"accounts/{account}")
    return list(told)


@pytest.mark.timeout(180 + 60 * ROUNDS)
async def test_watchers_see_everything_in_order_whatever_dies(api, platform, deployments, own_postgres, eventually):
    other = Api(deployments[1])
    platforms = (platform, platform.over(other))
    await platforms[1].until_known()
    key = platform._metadata[0][1].removeprefix("Bearer ")
    clients = [AsyncXacthuc(key=key, identity=each.public) for each in deployments]
    watchers = [
        Watcher(clients if number % 2 else [clients[number // 2 % 2]], hops=bool(number % 2))
        for number in range(WATCHERS)
    ]
    following = [asyncio.create_task(watcher.follow()) for watcher in watchers]
    for account in ACCOUNTS:
        await platform.register(account)

    tries = []
    for _ in range(ROUNDS):
        writing = asyncio.gather(*(Writer(platforms, tries).write() for _ in range(WRITERS)))
        until = len(tries) + random.randrange(WRITERS * TURNS // 2)
        await eventually(
            lambda until=until, writing=writing: len(tries) >= until or writing.done(), within=timedelta(seconds=60)
        )
        dying = random.sample(deployments, random.choice((1, 1, 2)))
        for each in dying:
            each.kill()
        await asyncio.gather(*(asyncio.to_thread(each.start) for each in dying))
        await writing
        assert not [task for task in following if task.done()]

    async def all_placed():
        return not await unplaced(own_postgres)

    await eventually(all_placed)
    truth = await happened(own_postgres)
    names = {name for name, _, _ in truth}
    await eventually(lambda: all(watcher.has_all(names) for watcher in watchers), within=timedelta(seconds=60))
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    await asyncio.gather(*(client.close() for client in clients), other.close())

    for account in ACCOUNTS:
        expected = [(name, EventKind[kind].name) for name, subject, kind in truth if subject == account]
        for watcher in watchers:
            assert first_told(watcher.seen, account) == expected
    assert {event.name for watcher in watchers for event in watcher.seen} == names
    told = sum(len(watcher.seen) for watcher in watchers)
    logging.getLogger(__name__).info("%d rounds, %d events, told %d times", ROUNDS, len(truth), told)
