"""A process for watchers of the version before is replaced while accounts are locked: each edge is told of each cut, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import grpc
import pytest
from livestream_service import MANY_CONFIRMED
from upgrade import DRAIN, balanced, is_of
from version_before import unpacked_before
from watch_process import watch_process

from xacthuc.api.livestream.v1 import service_pb2, service_pb2_grpc
from xacthuc.embedded.ports import free_ports

FOLDER = "services/xacthuc/livestream/watch"
EDGES = 4
PATIENCE = timedelta(seconds=120)
GOING = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
"""What a process that drains says to whoever watches."""


@pytest.fixture
def processes(service, tmp_path):
    """An old process that serves and a new one of one installation."""
    place, code = tmp_path / "watch", tmp_path / "before"
    place.mkdir()
    code.mkdir()
    before = unpacked_before(FOLDER, code, changed=True)
    assert is_of(before, "xacthuc.livestream.watch.main", code)
    ports = [f"127.0.0.1:{port}" for port in free_ports(2)]
    with watch_process(place, service, XACTHUC_PUBLIC_ADDRESS=ports[0], XACTHUC_DRAIN_SECONDS=DRAIN, **before) as old:
        new = old.beside("new", XACTHUC_PUBLIC_ADDRESS=ports[1], PYTHONPATH="")
        old.start()
        yield old, new
        new.close()


class Edge:
    """Watches on a connection of its own, and comes back with its cursor when it is told to go."""

    def __init__(self, target, metadata):
        self.channel = grpc.aio.insecure_channel(target, options=[*balanced(), ("grpc.use_local_subchannel_pool", 1)])
        self.metadata = metadata
        self.told = []
        self.present = asyncio.Event()

    async def watch(self):
        cursor, watched = "", service_pb2_grpc.LivestreamServiceStub(self.channel).WatchRevocations
        while True:
            try:
                async for answer in watched(
                    service_pb2.WatchRevocationsRequest(cursor=cursor), metadata=self.metadata, wait_for_ready=True
                ):
                    self.told += [each.broadcast.removeprefix("broadcasts/") for each in answer.revocations]
                    cursor = answer.cursor
                    self.present.set()
            except grpc.aio.AioRpcError as error:
                if error.code() not in GOING:
                    raise


@pytest.mark.timeout(600)
async def test_the_version_before_is_replaced_and_every_edge_is_told_of_every_revocation_once(
    processes, studio, eventually
):
    old, new = processes
    sellers = [f"seller{number}" for number in range(4)]
    for seller, personal_id in zip(sellers, MANY_CONFIRMED, strict=False):
        await studio.seller(seller, personal_id)
        await studio.authorize(seller, f"show-of-{seller}", commercial=True)
    cut: list[str] = []
    edges = [Edge(f"ipv4:{old.public},{new.public}", studio.metadata) for _ in range(EDGES)]

    async def lock(seller):
        await studio.lock(seller)
        cut.append(f"show-of-{seller}")
        await eventually(lambda: all(edge.told == cut for edge in edges), within=PATIENCE)

    async with asyncio.TaskGroup() as watching:  # an edge that is refused fails the test
        tasks = [watching.create_task(edge.watch()) for edge in edges]
        for edge in edges:
            await asyncio.wait_for(edge.present.wait(), PATIENCE.total_seconds())
        await lock(sellers[0])
        await asyncio.to_thread(new.start)
        await lock(sellers[1])
        leaving = asyncio.create_task(asyncio.to_thread(old.stop))
        await lock(sellers[2])
        status = await leaving
        await lock(sellers[3])
        for task in tasks:
            task.cancel()
    for edge in edges:
        await edge.channel.close()

    assert (status, await asyncio.to_thread(new.stop)) == (0, 0)
    assert "WatchRevocations" in new.log.read_text("utf-8")  # a stream has its line when it is over
