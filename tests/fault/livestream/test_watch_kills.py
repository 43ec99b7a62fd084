"""`kill -9` of what edges watch while accounts on air are locked and many of them do: nobody misses anything.

They watch the livestream process, or one that is for watchers alone; then both are killed.

Every edge comes back with its cursor, as docs/livestream.md asks of it. In the end each has been told of every
revocation, in order for each broadcast, and no broadcast of a locked account is on air.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from datetime import timedelta
from uuid import uuid4

import asyncpg
import grpc
import pytest
from livestream_service import MANY_CONFIRMED, channel_to
from watch_process import watch_process

from xacthuc.api.livestream.v1 import service_pb2, service_pb2_grpc
from xacthuc.sql.migrations import dsn
from xacthuc.watching.places import Places

SOAK = bool(os.environ.get("XACTHUC_SOAK"))
WATCHERS = 2_000 if SOAK else 100
ROUNDS = 20 if SOAK else 2
CHANNELS = 10
"""Connections of their own: a server takes 1 000 streams of one (libs/xacthuc/grpckit/ports.py)."""
A_SECOND = 700
"""How many begin in a second."""
SELLERS = 6
PATIENCE = timedelta(seconds=300 if SOAK else 120)
PASSING = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.RESOURCE_EXHAUSTED}
REPEATED = {*PASSING, grpc.StatusCode.DEADLINE_EXCEEDED}


@pytest.fixture(params=["livestream", "livestream-watch"])
def watched(request, service, tmp_path):
    """The process that edges watch."""
    if request.param == "livestream":
        yield service
        return
    directory = tmp_path / "watch"
    directory.mkdir()
    with watch_process(directory, service) as made:
        made.start()
        yield made


class Crowd:
    """Edges that come back with their cursors, and what each was told."""

    def __init__(self, channels, metadata):
        self.stubs = [service_pb2_grpc.LivestreamServiceStub(channel) for channel in channels]
        self.metadata = metadata
        self.present = set()
        self.told = [dict[str, str]() for _ in range(WATCHERS)]
        """Of each edge, the broadcast of each revocation, in the order in which it first heard of them."""

    async def watch(self, number):
        await asyncio.sleep(number / A_SECOND)  # a ramp
        cursor = ""
        while True:
            call = self.stubs[number % len(self.stubs)].WatchRevocations(
                service_pb2.WatchRevocationsRequest(cursor=cursor), metadata=self.metadata
            )
            try:
                async for answer in call:
                    self.present.add(number)
                    for each in answer.revocations:
                        self.told[number].setdefault(each.name, each.broadcast.removeprefix("broadcasts/"))
                    cursor = answer.cursor
            except grpc.aio.AioRpcError as error:
                if error.code() not in PASSING:
                    raise
            await asyncio.sleep(random.uniform(0, 1))  # a client's pause


async def insist(call):
    """Repeats what a dying server may have done or not, as the same request."""
    while True:
        try:
            return await call()
        except grpc.aio.AioRpcError as error:
            if error.code() not in REPEATED:
                raise
            await asyncio.sleep(0.05)  # a client's pause before it asks again


async def go_on_air(studio, account, made):
    """Begins broadcasts until it is told that the account may not."""
    for _ in range(3):
        broadcast_id, request_id = uuid4().hex, str(uuid4())
        made.append(broadcast_id)
        await insist(lambda b=broadcast_id, r=request_id: studio.authorize(account, b, r, commercial=True))


async def rows(deployment, query):
    connection = await asyncpg.connect(dsn(deployment.database_url))
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def happened(deployment):
    """Returns every revocation in order: its name and its broadcast."""
    found = await rows(deployment, "SELECT position, subject FROM livestream.outbox ORDER BY position")
    (head,) = await rows(deployment, "SELECT secret FROM livestream.outbox_head")
    places = Places(head["secret"])
    assert [row["position"] for row in found] == list(range(1, len(found) + 1))
    return [(f"revocations/{places.event_id(row['position'], 0)}", row["subject"]) for row in found]


@pytest.mark.timeout(180 + 60 * ROUNDS)
@pytest.mark.rule("R3")
async def test_no_edge_misses_a_revocation_whatever_dies(studio, service, watched, deployment, eventually):
    sellers = [f"seller{number}" for number in range(SELLERS)]
    for seller, personal_id in zip(sellers, MANY_CONFIRMED, strict=False):
        await studio.seller(seller, personal_id)
    channels = [channel_to(watched) for _ in range(CHANNELS)]
    crowd = Crowd(channels, studio.metadata)
    watching = [asyncio.create_task(crowd.watch(number)) for number in range(WATCHERS)]
    await eventually(lambda: len(crowd.present) == WATCHERS, within=PATIENCE)

    made = []
    for _ in range(ROUNDS):
        until = len(made) + random.randint(1, SELLERS * 2)
        on_air = asyncio.gather(*(go_on_air(studio, seller, made) for seller in sellers))
        await eventually(lambda until=until, on_air=on_air: len(made) >= until or on_air.done(), within=PATIENCE)

        async def some_live():
            return await rows(deployment, "SELECT 1 FROM livestream.broadcasts WHERE state = 'LIVE'")

        await eventually(some_live, within=PATIENCE)
        locking = asyncio.gather(*(studio.lock(seller) for seller in sellers))
        dying = [service] if watched is service else [service, watched]
        for process in dying:
            process.kill()
        for process in dying:
            await asyncio.to_thread(process.start)
        await asyncio.gather(on_air, locking)

        async def none_live():
            return not await rows(deployment, "SELECT 1 FROM livestream.broadcasts WHERE state = 'LIVE'")

        await eventually(none_live, within=PATIENCE)
        for seller in sellers:
            await studio.unlock(seller)

    async def all_placed():
        return not await rows(deployment, "SELECT 1 FROM livestream.outbox WHERE position IS NULL")

    await eventually(all_placed)
    truth = await happened(deployment)
    await eventually(lambda: all(len(told) >= len(truth) for told in crowd.told), within=PATIENCE)
    assert not [task for task in watching if task.done()]
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    await asyncio.gather(*(channel.close() for channel in channels))

    assert truth
    assert all(list(told.items()) == truth for told in crowd.told)
    revoked = await rows(deployment, "SELECT broadcast FROM livestream.broadcasts WHERE state = 'REVOKED'")
    assert sorted(row["broadcast"] for row in revoked) == sorted(broadcast for _, broadcast in truth)
    logging.getLogger(__name__).info("%d watchers, %d rounds, %d revocations", WATCHERS, ROUNDS, len(truth))
