"""Memory is flat: what people leave in a process after their codes, proofs and posts is nothing."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import grpc
import pytest

from benchmarks import children, flows, watchers
from benchmarks.load import IN_FLIGHT, Target, Window
from benchmarks.rig import Rig
from benchmarks.studies import Bench, Size
from xacthuc.api.guardian.v1 import resources_pb2 as guardian_resources_pb2
from xacthuc.api.guardian.v1 import service_pb2 as guardian_pb2
from xacthuc.api.identity.v1 import service_pb2 as identity_pb2
from xacthuc.api.livestream.v1 import service_pb2 as livestream_pb2
from xacthuc.ids import new_request_id
from xacthuc.up.adapters.identity_client import PLATFORM, development_key
from xacthuc.valkey import Store

SOAK = bool(os.environ.get("XACTHUC_SOAK"))
SERVICES = ("otp", "identity", "otp-delivery", "guardian", "livestream", "livestream-watch", "backfill")
"""Backfill and guardian follow what happens to all of them; so does livestream, whose watchers hear of cuts elsewhere."""
WAVES = 9
PEOPLE = 1_000 if SOAK else 60
"""Of a wave. Each of them registers, proves a number by a code, is verified, and posts five times."""
POSTS = 5
PART = PEOPLE // 4
"""Of a wave, who go on air; and as many children who invite somebody, who declines."""
WATCHERS = 8
"""That come with a wave, hear that somebody is cut off, and go."""
PASSING = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.ABORTED}
GUARDIAN = "/xacthuc.api.guardian.v1.GuardianService"
WRITERS = 8
MOST_BYTES = 1_024
"""That may be left of a person. A trace, a session or an account that is held on to is more; an allocator's page is not."""
SLACK_MIB = 4.0
"""What comes and goes by itself: the allocator's arenas, a pool's connection, a buffer that has grown once."""


def anonymous_mib(pid: int) -> float:
    """What a process has written to (RssAnon, proc(5)): pages of files it only reads come and go as the machine wants."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    [kibibytes] = re.findall(r"^RssAnon:\s+(\d+) kB$", status, re.MULTILINE)
    return int(kibibytes) / 1_024


async def answered(target: Target, method: str, requests: list[bytes], width: int = IN_FLIGHT) -> Window:
    """All answers. What a machine that stood still cut off is asked for again, by the same ids."""
    give_up = time.monotonic() + 120
    while True:
        try:
            return await target.in_flight(method, requests, width)
        except grpc.aio.AioRpcError as failed:
            if failed.code() not in PASSING or time.monotonic() > give_up:
                raise
            await asyncio.sleep(2)  # the others of the batch end meanwhile


async def wave(bench: Bench, others: Others) -> None:
    """People nobody has seen before come, and go."""
    people = bench.strangers(PEOPLE)
    await answered(bench.identity, flows.REGISTER, flows.registrations(people), WRITERS)
    started = await answered(bench.otp, flows.START, flows.starts(people))
    names = flows.started(started.answers)
    flows.checked((await answered(bench.otp, flows.CHECK, bench.reader.wrong(names))).answers, right=False)
    checked = await answered(bench.otp, flows.CHECK, bench.reader.right(names))
    tokens = flows.checked(checked.answers, right=True)
    await answered(bench.identity, flows.VERIFY, flows.proofs(people, tokens), WRITERS)
    for _ in range(POSTS):
        decisions = await answered(bench.identity, flows.ACTION, flows.posts(people))
        flows.decided(decisions.answers, allowed=True)
    await invited_and_declined(bench, others.guardian)
    await on_air(bench, others, people[:PART])


@dataclass(frozen=True)
class Others:
    """The services that a wave meets beside otp and identity."""

    guardian: Target
    livestream: Target
    watch: grpc.aio.Channel
    metadata: tuple[tuple[str, str], ...]


async def invited_and_declined(bench: Bench, guardian: Target) -> None:
    some = bench.strangers(PART)
    await answered(bench.identity, flows.REGISTER, children.registrations(some), WRITERS)
    asked = [
        guardian_pb2.RequestLinkRequest(
            child=flows.account(child),
            phone_number=flows.number(child),
            relation=guardian_resources_pb2.MOTHER,
            request_id=new_request_id(),
        ).SerializeToString()
        for child in some
    ]
    made = (await answered(guardian, f"{GUARDIAN}/RequestLink", asked, WRITERS)).answers
    names = [guardian_resources_pb2.Link.FromString(each).name for each in made]
    back = [
        guardian_pb2.DeclineLinkRequest(name=name, request_id=new_request_id()).SerializeToString() for name in names
    ]
    await answered(guardian, f"{GUARDIAN}/DeclineLink", back, WRITERS)


async def on_air(bench: Bench, others: Others, people: list[int]) -> None:
    """They begin; one is locked and cut off before watchers; the others end."""
    begun = [
        livestream_pb2.AuthorizeBroadcastRequest(
            account=flows.account(person), broadcast_id=f"show-{person}", request_id=new_request_id()
        ).SerializeToString()
        for person in people
    ]
    await answered(others.livestream, f"{watchers.SERVICE}/AuthorizeBroadcast", begun, WRITERS)
    [told] = (await answered(others.livestream, f"{watchers.SERVICE}/ListBroadcasts", [b""])).answers
    cursor = livestream_pb2.ListBroadcastsResponse.FromString(told).watch_cursor
    heard = [asyncio.create_task(until_cut(others, cursor, people[0])) for _ in range(WATCHERS)]
    lock = identity_pb2.LockAccountRequest(
        name=flows.account(people[0]), basis="order 1", request_id=new_request_id()
    ).SerializeToString()
    await answered(bench.identity, flows.LOCK, [lock])
    await asyncio.gather(*heard)
    ended = [
        livestream_pb2.EndBroadcastRequest(
            name=f"broadcasts/show-{person}", request_id=new_request_id()
        ).SerializeToString()
        for person in people[1:]
    ]
    await answered(others.livestream, f"{watchers.SERVICE}/EndBroadcast", ended, WRITERS)


async def until_cut(others: Others, cursor: str, person: int) -> None:
    watch = others.watch.unary_stream(
        f"{watchers.SERVICE}/WatchRevocations",
        response_deserializer=livestream_pb2.WatchRevocationsResponse.FromString,
    )
    request = livestream_pb2.WatchRevocationsRequest(cursor=cursor).SerializeToString()
    async with asyncio.timeout(120):
        while True:
            call = watch(request, metadata=others.metadata, wait_for_ready=True)
            try:
                async for told in call:
                    if any(each.broadcast == f"broadcasts/show-{person}" for each in told.revocations):
                        return
            except grpc.aio.AioRpcError as failed:
                if failed.code() not in PASSING:
                    raise
            finally:
                call.cancel()
            await asyncio.sleep(0.2)


async def until_known(target: Target, method: str, requests: Callable[[list[int]], list[bytes]], bench: Bench) -> None:
    """Waits until a service has heard of the platform's key, which it asks for twice a second."""
    give_up = time.monotonic() + 30
    while True:
        try:
            await target.in_flight(method, requests(bench.strangers(1)))
        except grpc.aio.AioRpcError as refused:
            if refused.code() is not grpc.StatusCode.UNAUTHENTICATED or time.monotonic() > give_up:
                raise
            await asyncio.sleep(0.05)
        else:
            return


async def guardian_known(guardian: Target) -> None:
    """Waits until the guardian service has heard of the platform's key: then a link that nobody made is not found."""
    give_up = time.monotonic() + 60
    request = guardian_pb2.GetLinkRequest(name="links/none").SerializeToString()
    while True:
        try:
            await guardian.in_flight(f"{GUARDIAN}/GetLink", [request])
        except grpc.aio.AioRpcError as refused:
            if refused.code() is grpc.StatusCode.NOT_FOUND:
                return
            assert time.monotonic() < give_up, refused.details()
            await asyncio.sleep(0.05)


async def waves(rig: Rig, key: str) -> dict[str, list[float]]:
    """Returns what each process has, in MiB, after each wave."""
    resident: dict[str, list[float]] = defaultdict(list)
    store = await Store.connect(rig.state_url)
    async with (
        Target(rig.ports.otp_public, rig.pid("otp"), key) as otp,
        Target(rig.ports.identity_public, rig.pid("identity"), key) as identity,
        Target(rig.ports.guardian_public, rig.pid("guardian"), key) as guardian,
        Target(rig.ports.livestream_public, rig.pid("livestream"), key) as livestream,
        grpc.aio.insecure_channel(rig.watch_public) as watch,
    ):
        others = Others(guardian, livestream, watch, (("authorization", f"Bearer {key}"),))
        reader = flows.Reader(rig.layout.keys / "otp.keys", PLATFORM)
        bench = Bench(size=Size(), rig=rig, store=store, otp=otp, identity=identity, reader=reader)
        await until_known(otp, flows.START, flows.starts, bench)
        await until_known(identity, flows.REGISTER, flows.registrations, bench)
        await watchers.known(rig.ports.livestream_public, key)
        await watchers.lets_watch(watch, others.metadata)
        await guardian_known(guardian)
        for _ in range(WAVES):
            await wave(bench, others)
            for service in SERVICES:
                resident[service].append(anonymous_mib(rig.pid(service)))
    await store.close()
    return resident


@pytest.mark.timeout(3_600 if SOAK else 600)
def test_memory_does_not_grow_with_the_number_of_people() -> None:
    with Rig() as rig:
        rig.migrate()
        for service in SERVICES:
            rig.start(service)
        resident = asyncio.run(waves(rig, development_key(rig.layout, rig.ports.identity_internal)))

    third = WAVES // 3
    grown = {name: median(told[-third:]) - median(told[third:-third]) for name, told in resident.items()}
    most = SLACK_MIB + third * PEOPLE * MOST_BYTES / 2**20
    assert {name: mib for name, mib in grown.items() if mib > most} == {}, dict(resident)
