"""One process serves thousands of watchers: what each costs it, and how long all of them take to hear of one event."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import time
from datetime import timedelta
from pathlib import Path

import grpc.aio
import pytest

from xacthuc.api.identity.v1 import service_pb2, service_pb2_grpc

WATCHERS = 4_900 if os.environ.get("XACTHUC_SOAK") else 300
"""Below the 5 000 streams that a process takes, so that a test's own comes in as well."""
CHANNELS = 10
A_SECOND = 700
"""How many begin in a second; thousands at one moment end with CANCELLED, and their clients come back (see the client)."""
MOST_KIBIBYTES = 64
PATIENCE = timedelta(seconds=120)
PASSING = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.RESOURCE_EXHAUSTED}


def resident_kibibytes(process):
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


class Crowd:
    """Watchers that come back as the client does, and what they heard."""

    def __init__(self, stubs, metadata, cursor):
        self.stubs, self.metadata, self.cursor = stubs, metadata, cursor
        self.present, self.told = set(), set()

    async def watch(self, number):
        await asyncio.sleep(number / A_SECOND)  # a ramp
        while True:
            call = self.stubs[number % len(self.stubs)].WatchAccounts(
                service_pb2.WatchAccountsRequest(cursor=self.cursor), metadata=self.metadata
            )
            try:
                async for answer in call:
                    self.present.add(number)
                    if answer.events:
                        self.told.add(number)
            except grpc.aio.AioRpcError as error:
                if error.code() not in PASSING:
                    raise
            await asyncio.sleep(random.uniform(0, 1))  # a client's pause


@pytest.mark.timeout(600)
async def test_thousands_watch_one_process_and_hear_of_an_event_together(platform, deployment, eventually):
    page = await platform.ask("ListAccounts", service_pb2.ListAccountsRequest(page_size=1))
    before = resident_kibibytes(deployment.process)
    channels = [
        grpc.aio.insecure_channel(deployment.public, options=[("grpc.use_local_subchannel_pool", 1)])
        for _ in range(CHANNELS)
    ]
    stubs = [service_pb2_grpc.IdentityServiceStub(channel) for channel in channels]
    crowd = Crowd(stubs, platform._metadata, page.watch_cursor)
    watching = [asyncio.create_task(crowd.watch(number)) for number in range(WATCHERS)]
    await eventually(lambda: len(crowd.present) == WATCHERS, within=PATIENCE)
    each = (resident_kibibytes(deployment.process) - before) / WATCHERS

    began = time.monotonic()
    await platform.register("an")
    await eventually(lambda: len(crowd.told) == WATCHERS, within=PATIENCE)
    seconds = time.monotonic() - began
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    for channel in channels:
        await channel.close()

    logging.getLogger(__name__).info("%d watchers, %.0f KiB each, all told after %.2f s", WATCHERS, each, seconds)
    assert each < MOST_KIBIBYTES
