"""Lanes under whoever is slow, breaks off and is given up: as many connections as allowed, and every lane comes back."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field

import httpx
import pytest
from fake_http import FakeHttp, reply

from xacthuc.lanes import opened_lanes

MOST = 3


@dataclass
class Host(FakeHttp):
    """Answers with what it was asked for; `/held` once it is let go, `/broken` never."""

    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    open_ones: int = 0
    most_at_once: int = 0

    async def handle(self, asked, writer):
        self.open_ones += 1
        self.most_at_once = max(self.most_at_once, self.open_ones)
        try:
            if asked.path == "/held":
                await self.let_go.wait()
            if asked.path == "/broken":
                writer.close()
                return
            reply(writer, 200, {"path": asked.path})
        finally:
            self.open_ones -= 1


@pytest.fixture
async def hosts():
    made = [Host(), Host()]
    for one in made:
        await one.open()
    yield made
    for one in made:
        await one.close()


@pytest.fixture
async def lanes():
    async with opened_lanes(most=MOST, keep_alive_seconds=30) as opened:
        yield opened


async def ask(lanes, host, path="/", *, wait=5.0):
    request = httpx.Request(
        "POST", f"http://127.0.0.1:{host.port}{path}", extensions={"timeout": httpx.Timeout(5.0, pool=wait).as_dict()}
    )
    response = await lanes.handle_async_request(request)
    try:
        return await response.aread()
    finally:
        await response.aclose()


async def test_one_connection_serves_whoever_asks_one_after_another(lanes, hosts):
    host, _ = hosts
    for _ in range(10):
        await ask(lanes, host)
    assert (host.asked, host.connections) == (10, 1)


async def test_who_gets_no_turn_in_time_is_told_so_and_costs_no_connection(lanes, hosts, eventually):
    host, _ = hosts
    held = [asyncio.create_task(ask(lanes, host, "/held")) for _ in range(MOST)]
    await eventually(lambda: host.open_ones == MOST)

    with pytest.raises(httpx.PoolTimeout):
        await ask(lanes, host, wait=0.01)

    host.let_go.set()
    await asyncio.gather(*held)
    await ask(lanes, host)
    assert host.connections == MOST


async def test_a_lane_goes_to_another_host_when_there_is_no_other(lanes, hosts, eventually):
    one, other = hosts
    held = [asyncio.create_task(ask(lanes, one, "/held")) for _ in range(MOST)]
    await eventually(lambda: one.open_ones == MOST)
    one.let_go.set()
    await asyncio.gather(*held)

    for host in (other, one, other):
        assert b'"/x"' in await ask(lanes, host, "/x")


async def test_every_lane_comes_back_whatever_becomes_of_the_answer(lanes, hosts, eventually):
    """Given up at any moment: while it waits, connects, is asked, reads, or closes what it read."""
    chance, (host, other) = random.Random(5), hosts
    for _ in range(150):
        paths = chance.choices(["/", "/", "/", "/broken", "/held"], k=MOST * 2)
        tasks = [asyncio.create_task(ask(lanes, host, path)) for path in paths]
        for _ in range(chance.randrange(25)):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    held = [asyncio.create_task(ask(lanes, other, "/held")) for _ in range(MOST * 2)]
    await eventually(lambda: other.open_ones == MOST)
    other.let_go.set()
    await asyncio.gather(*held)

    assert (other.most_at_once, other.asked) == (MOST, MOST * 2)
