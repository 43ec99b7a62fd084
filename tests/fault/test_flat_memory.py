"""Memory is flat: what people leave in a process after their codes, proofs and posts is nothing."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median

import grpc
import pytest

from benchmarks import flows
from benchmarks.load import Target
from benchmarks.rig import Rig
from benchmarks.studies import Bench, Size
from xacthuc.up.adapters.identity_client import PLATFORM, development_key
from xacthuc.valkey import Store

SOAK = bool(os.environ.get("XACTHUC_SOAK"))
SERVICES = ("otp", "identity", "otp-delivery")
WAVES = 9
PEOPLE = 1_000 if SOAK else 60
"""Of a wave. Each of them registers, proves a number by a code, is verified, and posts five times."""
POSTS = 5
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


async def wave(bench: Bench) -> None:
    """People nobody has seen before come, and go."""
    people = bench.strangers(PEOPLE)
    await bench.identity.in_flight(flows.REGISTER, flows.registrations(people), WRITERS)
    started = await bench.otp.in_flight(flows.START, flows.starts(people))
    names = flows.started(started.answers)
    flows.checked((await bench.otp.in_flight(flows.CHECK, bench.reader.wrong(names))).answers, right=False)
    checked = await bench.otp.in_flight(flows.CHECK, bench.reader.right(names))
    tokens = flows.checked(checked.answers, right=True)
    await bench.identity.in_flight(flows.VERIFY, flows.proofs(people, tokens), WRITERS)
    for _ in range(POSTS):
        decisions = await bench.identity.in_flight(flows.ACTION, flows.posts(people))
        flows.decided(decisions.answers, allowed=True)


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


async def waves(rig: Rig, key: str) -> dict[str, list[float]]:
    """Returns what each process has, in MiB, after each wave."""
    resident: dict[str, list[float]] = defaultdict(list)
    store = await Store.connect(rig.state_url)
    async with (
        Target(rig.ports.otp_public, rig.pid("otp"), key) as otp,
        Target(rig.ports.identity_public, rig.pid("identity"), key) as identity,
    ):
        reader = flows.Reader(rig.layout.keys / "otp.keys", PLATFORM)
        bench = Bench(size=Size(), rig=rig, store=store, otp=otp, identity=identity, reader=reader)
        await until_known(otp, flows.START, flows.starts, bench)
        await until_known(identity, flows.REGISTER, flows.registrations, bench)
        for _ in range(WAVES):
            await wave(bench)
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
