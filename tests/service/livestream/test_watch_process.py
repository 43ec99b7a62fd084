"""A process for watchers alone tells what the livestream service tells, refuses what it refuses, and serves nothing else."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import grpc
import grpc.aio
import pytest
from google.rpc.status_pb2 import Status
from watch_process import watch_process

from xacthuc.api.livestream.v1 import service_pb2, service_pb2_grpc

SECONDS = 60


@pytest.fixture(scope="module")
def process(service, tmp_path_factory):
    with watch_process(tmp_path_factory.mktemp("watch"), service) as made:
        made.start()
        yield made


@pytest.fixture
async def edge(process, studio):
    """The process as a media edge calls it, which has heard of the platform's key."""
    async with grpc.aio.insecure_channel(process.public) as channel:
        stub = service_pb2_grpc.LivestreamServiceStub(channel)
        async with asyncio.timeout(SECONDS):
            while isinstance(await first(stub, studio.metadata), grpc.aio.AioRpcError):
                await asyncio.sleep(0.05)
        yield stub


@asynccontextmanager
async def watching(stub, metadata, cursor=""):
    call = stub.WatchRevocations(service_pb2.WatchRevocationsRequest(cursor=cursor), metadata=metadata, timeout=SECONDS)
    yield call
    call.cancel()


async def first(stub, metadata, cursor=""):
    """Returns the first answer, or the error that came in its place."""
    async with watching(stub, metadata, cursor) as call:
        try:
            return await call.read()
        except grpc.aio.AioRpcError as error:
            return error


async def take(call, count):
    """Returns so many revocations and the cursor behind them."""
    found, cursor = [], ""
    while len(found) < count:
        answer = await call.read()
        assert answer is not grpc.aio.EOF
        found += answer.revocations
        cursor = answer.cursor
    return found, cursor


def fault(error):
    """Returns what a caller is told, without the trace, which is each call's own."""
    details = Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    return error.code(), error.details(), [any_.type_url for any_ in details.details]


@pytest.mark.rule("R3")
async def test_an_edge_is_told_to_cut_and_goes_on_behind_its_cursor_at_either_process(studio, edge):
    await studio.seller("an")
    for broadcast in ("a", "b", "c"):
        await studio.authorize("an", broadcast, commercial=True)
    async with watching(edge, studio.metadata, (await studio.ask("ListBroadcasts")).watch_cursor) as call:
        await studio.lock("an")
        cut, behind = await take(call, 3)
    beyond = [await first(stub, studio.metadata, behind) for stub in (edge, studio.stub)]
    async with watching(studio.stub, studio.metadata) as call:
        whole, _ = await take(call, 3)

    assert {each.broadcast for each in cut} == {"broadcasts/a", "broadcasts/b", "broadcasts/c"}
    assert cut == whole
    assert [list(answer.revocations) for answer in beyond] == [[], []]


@pytest.mark.parametrize(
    "cursor",
    ["a", "a" * 21, "a" * 22, "a" * 23, "!" * 22, "a" * 22 + "\n"],
    ids=["1", "21", "made-up", "23", "marks", "line"],
)
async def test_a_cursor_that_is_none_is_refused_as_the_service_refuses_it(studio, edge, cursor):
    here, there = [await first(stub, studio.metadata, cursor) for stub in (edge, studio.stub)]

    assert here.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert fault(here) == fault(there)


async def test_whoever_has_no_key_hears_nothing(edge):
    refused = await first(edge, ())

    assert refused.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_it_serves_nothing_else(studio, edge):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await edge.ListBroadcasts(service_pb2.ListBroadcastsRequest(), metadata=studio.metadata, timeout=SECONDS)

    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_at_its_drain_edges_are_let_go_and_it_ends_well(studio, service, tmp_path):
    with watch_process(tmp_path, service) as made:
        made.start()
        async with grpc.aio.insecure_channel(made.public) as channel:
            stub = service_pb2_grpc.LivestreamServiceStub(channel)
            async with asyncio.timeout(SECONDS):
                while isinstance(await first(stub, studio.metadata), grpc.aio.AioRpcError):
                    await asyncio.sleep(0.05)
            async with watching(stub, studio.metadata) as call:
                await call.read()
                ending = asyncio.create_task(asyncio.to_thread(made.stop))
                with pytest.raises(grpc.aio.AioRpcError) as refused:
                    while await call.read() is not grpc.aio.EOF:
                        pass
                status = await ending

    # Whichever came first: what the drain says, or the end of its two seconds on a machine that stood still.
    assert refused.value.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
    assert status == 0
