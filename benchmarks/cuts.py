"""From a lock in identity to a media edge: accounts are on air, and an edge that watches is told to cut them."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import grpc.aio

from benchmarks import flows, watchers
from benchmarks.report import Figure, percentile
from xacthuc.api.identity.v1 import service_pb2 as identity_pb2
from xacthuc.api.livestream.v1 import service_pb2
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rig import Rig

LOCK: Final = "/xacthuc.api.identity.v1.IdentityService/LockAccount"
UNLOCK: Final = "/xacthuc.api.identity.v1.IdentityService/UnlockAccount"
MOST_MS: Final = 1_000.0
_PATIENCE_SECONDS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much is cut."""

    cuts: int = 200
    rate: int = 10
    """Locks a second."""


QUICK: Final = Amount(cuts=3)
"""Shows that everything runs; its figures mean nothing."""


async def study(rig: Rig, key: str, people: Sequence[int], amount: Amount) -> dict[str, list[Figure]]:
    """Locks people who are on air, one after the other, and lifts the locks. Starts the service and its watchers' process.

    The clock runs from before identity is asked, so that all the figures hold what comes before its commit as well. The
    edge watches the process for watchers alone, which hears of a cut later than the service that decides it.
    """
    rig.start("livestream")
    rig.start("livestream-watch")
    metadata, locked = (("authorization", f"Bearer {key}"),), people[: amount.cuts]
    async with (
        grpc.aio.insecure_channel(rig.ports.livestream_public) as livestream,
        grpc.aio.insecure_channel(rig.watch_public) as watch,
        grpc.aio.insecure_channel(rig.ports.identity_public) as identity,
    ):
        await watchers.known(rig.ports.livestream_public, key)
        await watchers.on_air(livestream, metadata, locked, "cut")
        heard = asyncio.create_task(_heard(watch, metadata, len(locked)))
        asked = await _locks(identity.unary_unary(LOCK), metadata, locked, amount.rate)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            told = await heard
        lift: Any = identity.unary_unary(UNLOCK)
        for person in locked:
            await lift(_order(identity_pb2.UnlockAccountRequest, person), metadata=metadata)
    rig.stop("livestream-watch")
    rig.stop("livestream")
    took_ms = [(told[f"broadcasts/cut-{each}"] - at) * 1_000 for each, at in asked.items()]
    return {
        f"From a lock to the edge that has to cut, identity's commit included, {amount.rate} a second": [
            Figure("p50", percentile(took_ms, 50), "ms"),
            Figure("p99", percentile(took_ms, 99), "ms", MOST_MS),
            Figure("longest", max(took_ms), "ms"),
        ]
    }


async def _locks(lock: Any, metadata: Any, people: Sequence[int], rate: int) -> dict[int, float]:
    """Locks so many a second; returns when each was asked for."""
    asked, began = dict[int, float](), time.perf_counter()
    for at, person in enumerate(people):
        await asyncio.sleep(max(0.0, began + at / rate - time.perf_counter()))
        asked[person] = time.perf_counter()
        await lock(_order(identity_pb2.LockAccountRequest, person), metadata=metadata)
    return asked


async def _heard(channel: grpc.aio.Channel, metadata: Any, cuts: int) -> dict[str, float]:
    """Watches until so many broadcasts have to be cut; returns when each was heard of."""
    told, cursor = dict[str, float](), ""
    watch: Any = channel.unary_stream(
        f"{watchers.SERVICE}/WatchRevocations",
        response_deserializer=service_pb2.WatchRevocationsResponse.FromString,
    )
    while len(told) < cuts:
        request = service_pb2.WatchRevocationsRequest(cursor=cursor).SerializeToString()
        async with aclosing(aiter(watch(request, metadata=metadata))) as answers:
            async for answer in answers:
                at, cursor = time.perf_counter(), answer.cursor
                for each in answer.revocations:
                    told.setdefault(each.broadcast, at)
                if len(told) >= cuts:
                    break
    return told


def _order(request: Any, person: int) -> bytes:
    made = request(name=flows.account(person), basis="benchmark", request_id=new_request_id())
    raw: bytes = made.SerializeToString()
    return raw
