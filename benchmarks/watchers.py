"""Media edges that watch one process: what each costs it, and how long all of them take to hear of a revocation.

The watchers live in this process, so that a latency holds the time in which they read as well.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp

from benchmarks import flows, measure
from benchmarks.report import Figure, percentile
from xacthuc.api.livestream.v1 import resources_pb2, service_pb2
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.rig import Rig

SERVICE: Final = "/xacthuc.api.livestream.v1.LivestreamService"
MOST_MIB: Final = 200.0
MOST_MS: Final = 1_000.0
_CONNECTIONS: Final = 10
_A_SECOND: Final = 700
"""How many begin in a second; thousands at one moment end with CANCELLED, and their clients come back."""
_PASSING: Final = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.RESOURCE_EXHAUSTED}
_PATIENCE_SECONDS: Final = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much is watched."""

    watchers: int = 5_000
    """As many as a process takes."""
    revocations: int = 120
    rate: int = 2
    """Revocations a second, each told to every watcher."""


QUICK: Final = Amount(watchers=50, revocations=3)
"""Shows that everything runs; its figures mean nothing."""


@dataclass(frozen=True)
class Crowded:
    """A process that is watched, and by whose key."""

    rig: Rig
    key: str
    process: str
    address: str


@dataclass
class Crowd:
    """Watchers that come back with their cursors, and when each heard of what."""

    methods: Sequence[Any]
    """Of bytes: nothing is parsed by each watcher that one has parsed."""
    metadata: Any
    present: set[int] = field(default_factory=set)
    took_ms: list[float] = field(default_factory=list)

    async def watch(self, number: int) -> None:
        """Watches for ever."""
        await asyncio.sleep(number / _A_SECOND * random.uniform(0.9, 1.1))
        cursor = ""
        while True:
            request = service_pb2.WatchRevocationsRequest(cursor=cursor).SerializeToString()
            try:
                async for answer in self.methods[number % len(self.methods)](request, metadata=self.metadata):
                    heard = time.time()
                    cursor, told = _told(answer)
                    self.present.add(number)
                    self.took_ms += [(heard - occurred) * 1_000 for occurred in told]
            except grpc.aio.AioRpcError as error:
                if error.code() not in _PASSING:
                    raise
            await asyncio.sleep(random.uniform(0, 1))  # a client's pause


async def study(rig: Rig, key: str, people: Sequence[int], amount: Amount) -> dict[str, list[Figure]]:
    """Has the livestream service watched, and then a process that is for watchers alone. Starts both."""
    rig.start("livestream")
    rig.start("livestream-watch")
    told = [people[: amount.revocations], people[-amount.revocations :]]
    found = await _watched(Crowded(rig, key, "livestream", rig.ports.livestream_public), told[0], amount)
    found |= await _watched(Crowded(rig, key, "livestream-watch", rig.watch_public), told[1], amount)
    rig.stop("livestream-watch")
    rig.stop("livestream")
    return found


async def _watched(crowded: Crowded, people: Sequence[int], amount: Amount) -> dict[str, list[Figure]]:
    """Opens the watchers at a ramp, then has goods hidden in one broadcast after the other."""
    rig, process = crowded.rig, crowded.process
    metadata, pid, show = (("authorization", f"Bearer {crowded.key}"),), rig.pid(process), f"show-{process}"
    async with AsyncExitStack() as stack:
        channels = []
        for number in range(_CONNECTIONS):
            options = (("grpc.use_local_subchannel_pool", 1), ("benchmarks.connection", number))
            channel = grpc.aio.insecure_channel(crowded.address, options=options)
            channels.append(await stack.enter_async_context(channel))
        service = await stack.enter_async_context(grpc.aio.insecure_channel(rig.ports.livestream_public))
        await _known(service, metadata)
        await on_air(service, metadata, people, show)
        await lets_watch(channels[0], metadata)
        before_mib = measure.resident_mib(pid)
        crowd = Crowd([channel.unary_stream(f"{SERVICE}/WatchRevocations") for channel in channels], metadata)
        watching = [asyncio.create_task(crowd.watch(number)) for number in range(amount.watchers)]
        await _until(lambda: len(crowd.present) == amount.watchers)
        open_mib = measure.resident_mib(pid)
        crowd.took_ms.clear()  # what was kept from before
        cpu, began = measure.cpu_seconds(pid), time.monotonic()
        await _hide_goods(service, metadata, people, amount.rate, show)
        expected = len(people) * amount.watchers
        await _until(lambda: len(crowd.took_ms) >= expected)
        cpu, wall = measure.cpu_seconds(pid) - cpu, time.monotonic() - began
        after_mib = measure.resident_mib(pid)
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
    return {
        f"{amount.watchers} watchers of revocations on {process}, {amount.rate} told a second to all of them": [
            Figure("told, p50", percentile(crowd.took_ms, 50), "ms"),
            Figure("told, p99", percentile(crowd.took_ms, 99), "ms", MOST_MS),
            Figure("told, longest", max(crowd.took_ms), "ms"),
            Figure("resident", after_mib, "MiB", MOST_MIB if process == "livestream-watch" else None),
            Figure("before anybody watched", before_mib, "MiB"),
            Figure("before anything was told", open_mib, "MiB"),
            Figure("of that, a watcher", (after_mib - before_mib) / amount.watchers * 1_024, "KiB"),
            Figure("CPU a response", cpu / expected * 1e6, "us"),
            Figure("share of a core", cpu / wall, ""),
        ]
    }


@lru_cache(maxsize=16)
def _told(answer: bytes) -> tuple[str, tuple[float, ...]]:
    read = service_pb2.WatchRevocationsResponse.FromString(answer)
    return read.cursor, tuple(each.occur_time.ToNanoseconds() / 1e9 for each in read.revocations)


async def _until(reached: Callable[[], bool]) -> None:
    """Looks now and then: thousands of watchers that each said so would be measured themselves."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not reached():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)


async def known(address: str, key: str) -> None:
    """Waits until the service at `address` has heard of the platform's key."""
    async with grpc.aio.insecure_channel(address) as channel:
        await _known(channel, (("authorization", f"Bearer {key}"),))


async def _known(channel: grpc.aio.Channel, metadata: Any) -> None:
    """Does the same by a channel that is open."""
    method: Any = channel.unary_unary(f"{SERVICE}/ListBroadcasts")
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            try:
                await method(b"", metadata=metadata, wait_for_ready=True)
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.05)
            else:
                return


async def lets_watch(channel: grpc.aio.Channel, metadata: Any) -> None:
    """Waits until the service behind a channel lets the key watch."""
    method: Any = channel.unary_stream(f"{SERVICE}/WatchRevocations")
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            call = method(b"", metadata=metadata, wait_for_ready=True)
            try:
                await call.read()
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.05)
            else:
                call.cancel()
                return


async def on_air(channel: grpc.aio.Channel, metadata: Any, people: Sequence[int], show: str = "show") -> None:
    """Lets each go on air, selling nothing."""
    method: Any = channel.unary_unary(f"{SERVICE}/AuthorizeBroadcast")
    for person in people:
        request = service_pb2.AuthorizeBroadcastRequest(
            account=flows.account(person), broadcast_id=f"{show}-{person}", request_id=new_request_id()
        )
        await method(request.SerializeToString(), metadata=metadata)


async def _hide_goods(channel: grpc.aio.Channel, metadata: Any, people: Sequence[int], rate: int, show: str) -> None:
    """Declares something for sale in broadcasts of people without a proven personal ID, so many a second."""
    method: Any = channel.unary_unary(f"{SERVICE}/DeclareCommercial")
    calls = list[asyncio.Task[None]]()
    for person in people:
        shown = Timestamp()
        shown.GetCurrentTime()
        declared = resources_pb2.Declaration(kind=resources_pb2.Declaration.PRICE, show_time=shown)
        request = service_pb2.DeclareCommercialRequest(
            name=f"broadcasts/{show}-{person}", declarations=[declared], request_id=new_request_id()
        )
        calls.append(asyncio.create_task(_insist(method, request.SerializeToString(), metadata)))
        await asyncio.sleep(1 / rate)
    await asyncio.gather(*calls)


async def _insist(method: Any, request: bytes, metadata: Any) -> None:
    """Repeats a call whose outcome is not known, as a platform does: the same request happens once."""
    while True:
        try:
            await method(request, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            if error.code() not in {*_PASSING, grpc.StatusCode.DEADLINE_EXCEEDED}:
                raise
        else:
            return
