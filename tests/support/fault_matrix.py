"""Every way a provider fails, beside one that lives: all cells at once in one worker, each with an operator range of its own.

A cell's providers serve that range alone, so cells meet neither each other's providers nor their circuits.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from itertools import combinations_with_replacement
from socket import socket
from typing import TYPE_CHECKING

import smsc
from delivery_world import World
from fake_vendor import FakeVendor
from fake_zalo import FakeZalo

from xacthuc.embedded.ports import free_port
from xacthuc.otp.delivery.ports import Channel
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from pathlib import Path

    from xacthuc.otp.domain.challenge_id import ChallengeId

HTTP_FAULTS = ("down", "hang", "garbage", "close", "error", "throttle", "accept_only", "undelivered")
SMPP_FAULTS = {
    "down": None,
    "hang": {"silent": True},
    "garbage": {"nack": 3},
    "close": {"drop": "half"},
    "error": {"status": 8},
    "throttle": {"status": 0x58},
    "accept_only": {"receipt": ""},
    "undelivered": {"receipt": "UNDELIV"},
}
"""What the center does with the one submission of its cell (SMPP 3.4 section 5.1.3 for the statuses)."""
ZNS_FAULTS = ("down", "hang", "garbage", "close", "error", "throttle", "accept_only", "no_zalo", "quota")


@dataclass(frozen=True)
class Cell:
    """Providers that fail, the greatest weight first, and the channel a code was asked for by."""

    kind: str
    channel: Channel
    faults: tuple[str, ...]

    @property
    def name(self) -> str:
        return "-".join((self.kind, self.channel.name, *self.faults))


def cells() -> list[Cell]:
    """Returns provider x failure x channel, and every two failures before the one that lives."""
    return [
        *(Cell("http", channel, (fault,)) for channel in Channel for fault in HTTP_FAULTS),
        *(Cell("smpp", Channel.SMS, (fault,)) for fault in SMPP_FAULTS),
        *(Cell("zns", Channel.ZALO_ZNS, (fault,)) for fault in ZNS_FAULTS),
        *(Cell("http", Channel.SMS, pair) for pair in combinations_with_replacement(HTTP_FAULTS, 2)),
    ]


@dataclass
class Result:
    """What a person saw."""

    code: str
    seconds: float | None = None
    """From the start until the provider that lives had the code; None when it never did."""
    living: list[str] = field(default_factory=list)
    """What that provider sent."""
    failing: list[list[str]] = field(default_factory=list)
    """What each of the others sent or said it had sent."""
    state: str = ""


@dataclass
class _Played:
    """One cell being played."""

    cell: Cell
    operator: str
    number: str
    living: FakeVendor
    failing: list[Callable[[], Awaitable[list[str]]]]
    ready: list[Callable[[], Awaitable[bool]]]
    identity: ChallengeId | None = None
    began: float = 0.0
    seconds: float | None = None


async def play(
    url: str, directory: Path, *, waits_seconds: tuple[int, ...], within_seconds: float
) -> dict[str, Result]:
    """Plays all cells at once and returns what came of each, by name."""
    async with AsyncExitStack() as closing:
        store = await Store.connect(url)
        closing.push_async_callback(store.close)
        world = World(store, url, directory)
        world.policy = replace(world.policy, otp=replace(world.policy.otp, receipt_wait_seconds=waits_seconds))
        address = f"127.0.0.1:{free_port()}"
        played = [
            await closing.enter_async_context(_cast(world, number, cell, address))
            for number, cell in enumerate(cells())
        ]
        async with world.working(receipts_address=address, inbox_file=None):
            await _until(lambda: _all(ready() for each in played for ready in each.ready), within_seconds)
            await asyncio.gather(*(_start(world, each) for each in played))
            await _until(lambda: _reached(played), within_seconds)
            await _until(lambda: _quiet(world, played), within_seconds)
            return {each.cell.name: await _result(world, each) for each in played}


@asynccontextmanager
async def _cast(world: World, number: int, cell: Cell, address: str) -> AsyncIterator[_Played]:
    """Opens the providers of a cell and writes their files."""
    operator = f"cell_{number}"
    living_channel = Channel.SMS if cell.kind == "zns" else cell.channel
    async with AsyncExitStack() as closing:
        played = _Played(cell, operator, f"+84912{number:06d}", FakeVendor(), [], [])
        await _vendor(world, closing, played.living, f"{operator}_lives", operator, living_channel.name, 1, address)
        for place, fault in enumerate(cell.faults):
            name, weight = f"{operator}_fails_{place}", 1000 - place
            if cell.kind == "http":
                vendor = FakeVendor()
                await _vendor(world, closing, vendor, name, operator, cell.channel.name, weight, address, fault)
                played.failing.append(_texts(vendor))
            elif cell.kind == "smpp":
                await _center(world, closing, played, name, fault, weight)
            else:
                await _zalo(world, closing, played, name, fault, weight)
        yield played


async def _vendor(
    world: World,
    closing: AsyncExitStack,
    vendor: FakeVendor,
    name: str,
    operator: str,
    channel: str,
    weight: int,
    address: str,
    fault: str = "ok",
) -> None:
    vendor.receipts_to = f"http://{address}/receipts/{name}"
    await _begin(vendor, closing, fault)
    file = vendor.file(world.providers, name, weight=weight, channel=channel)
    file.write_text(file.read_text().replace("weight =", f'operators = ["{operator}"]\nweight ='))


async def _begin(fake: FakeVendor | FakeZalo, closing: AsyncExitStack, fault: str) -> None:
    if fault == "down":
        fake.port = closing.enter_context(_refusing())
        return
    await fake.open()
    closing.push_async_callback(fake.close)
    fake.behave(fault)


@contextmanager
def _refusing() -> Iterator[int]:
    """Gives a port that refuses connections, and keeps it: a port that is free would be the next provider's."""
    with socket() as kept:
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


async def _center(world: World, closing: AsyncExitStack, played: _Played, name: str, fault: str, weight: int) -> None:
    extra = f'operators = ["{played.operator}"]\nweight = {weight}'
    step = SMPP_FAULTS[fault]
    if step is None:
        smsc.file(world.providers, closing.enter_context(_refusing()), extra, name=name)
        played.failing.append(_nothing)
        return
    center = await closing.enter_async_context(smsc.running("node"))
    await center.plan(step)
    smsc.file(world.providers, center.port, extra, name=name)

    async def bound() -> bool:
        return bool((await center.report())["bound"])

    async def texts() -> list[str]:
        return [submission["text"] for submission in await center.submissions()]

    played.ready.append(bound)
    played.failing.append(texts)


async def _zalo(world: World, closing: AsyncExitStack, played: _Played, name: str, fault: str, weight: int) -> None:
    zalo = FakeZalo()
    await _begin(zalo, closing, fault)
    zalo.file(world.providers, name, weight=weight, extra=f'operators = ["{played.operator}"]')

    async def texts() -> list[str]:
        return [message["template_data"]["otp"] for message in zalo.received]

    played.failing.append(texts)


async def _start(world: World, played: _Played) -> None:
    played.began = time.monotonic()
    played.identity = await world.start(played.number, channel=played.cell.channel, operator=played.operator, purpose=1)


async def _reached(played: list[_Played]) -> bool:
    for each in played:
        if each.seconds is None and each.living.received:
            each.seconds = time.monotonic() - each.began
    return all(each.seconds is not None for each in played)


async def _quiet(world: World, played: list[_Played]) -> bool:
    """Tells whether nothing is going to be sent any more."""
    identities = [each.identity for each in played if each.identity is not None]
    return await world.waiting() == 0 and not any([await world.deadlines(identity) for identity in identities])


async def _result(world: World, played: _Played) -> Result:
    assert played.identity is not None
    return Result(
        code=world.code(played.identity),
        seconds=played.seconds,
        living=[message["text"] for message in played.living.received],
        failing=[await texts() for texts in played.failing],
        state=await world.state(played.identity),
    )


def _texts(vendor: FakeVendor) -> Callable[[], Awaitable[list[str]]]:
    async def texts() -> list[str]:
        return [message["text"] for message in vendor.received]

    return texts


async def _nothing() -> list[str]:
    return []


async def _all(conditions: Iterable[Awaitable[bool]]) -> bool:
    return all([await condition for condition in conditions])


async def _until(condition: Callable[[], Awaitable[bool]], within_seconds: float) -> None:
    """Polls until the condition holds or time is over, which results then show."""
    give_up = time.monotonic() + within_seconds
    while not await condition() and time.monotonic() < give_up:
        await asyncio.sleep(0.05)
