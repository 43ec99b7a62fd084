"""Codes by Zalo and by telephone, from the store to the receipt."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from re import DOTALL, findall
from typing import TYPE_CHECKING, Any

import pytest
from fake_vendor import FakeVendor, answer
from fake_zalo import FakeZalo, arrived

from xacthuc.embedded.ports import free_port
from xacthuc.otp.delivery.ports import Channel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from delivery_world import Eventually, World

pytestmark = pytest.mark.engine

PAGE = Path(__file__).parents[3] / "docs" / "providers.md"


@asynccontextmanager
async def listening(world: World, provider: FakeVendor | FakeZalo, name: str) -> AsyncIterator[None]:
    """Runs a worker to which the provider can post what became of messages."""
    port = free_port()
    provider.receipts_to = f"http://127.0.0.1:{port}/receipts/{name}"
    async with world.working(receipts_address=f"127.0.0.1:{port}"):
        yield


def caller(vendor: FakeVendor, directory: Path) -> None:
    """Describes a voice vendor as the documentation does, at the address of this one."""
    [example] = [text for text in findall(r"```toml\n(.*?)```", PAGE.read_text(), DOTALL) if '"VOICE"' in text]
    key = directory / "caller.secret"
    key.write_text("s3cret\n")
    changes = {
        "https://voice.vendor.example": f"http://127.0.0.1:{vendor.port}",
        "/run/secrets/caller-key": str(key),
        "per_second = 5": "per_second = 500",
    }
    for old, new in changes.items():
        assert old in example
        example = example.replace(old, new)
    (directory / "caller.toml").write_text(example)


def calls(*states: str) -> Any:
    """Takes calls, and reports how each of them went on."""

    async def behave(vendor: FakeVendor, message: dict[str, Any], writer: Any) -> None:
        vendor.received.append(message)
        identity = f"call-{len(vendor.received)}"
        await answer(201, {"call": {"id": identity, "state": "queued"}})(vendor, message, writer)
        vendor.later(report(vendor, identity))

    async def report(vendor: FakeVendor, identity: str) -> None:
        for state in states:
            await vendor.tell({"call_id": identity, "call_status": state})

    return behave


@pytest.fixture
async def zalo() -> AsyncIterator[FakeZalo]:
    zalo = FakeZalo()
    await zalo.open()
    yield zalo
    await zalo.close()


@pytest.mark.rule("R38")
async def test_a_code_goes_by_zalo_and_its_arrival_is_known(
    world: World, zalo: FakeZalo, eventually: Eventually
) -> None:
    zalo.file(world.providers)
    async with listening(world, zalo, "zalo"):
        identity = await world.start(channel=Channel.ZALO_ZNS)
        await eventually(lambda: ends(world, identity, "D"))

    [sent] = zalo.received
    assert sent["template_data"]["otp"] == world.code(identity)
    assert sent["phone"] == "84912345678"
    assert zalo.receipts == [200]


async def test_events_of_zalo_that_come_twice_or_for_nobody_change_nothing(
    world: World, zalo: FakeZalo, eventually: Eventually
) -> None:
    zalo.file(world.providers)
    async with listening(world, zalo, "zalo"):
        identity = await world.start(channel=Channel.ZALO_ZNS)
        await eventually(lambda: ends(world, identity, "D"))
        tracking_id = zalo.received[0]["tracking_id"]
        assert await zalo.tell(arrived(tracking_id)) == 200
        assert await zalo.tell(arrived("somebody-else's")) == 200
        assert await zalo.tell({**arrived("x"), "event_name": "follow"}) == 200
        assert await zalo.tell(arrived(tracking_id), secret="guess") == 401
        assert await zalo.tell(b"\xff{") == 401

    assert (await world.kinds(identity)).count("DELIVERED") == 1


@pytest.mark.rule("R38")
@pytest.mark.parametrize(("locale", "language"), [("vi", "vi-VN"), ("en", "en-US")])
async def test_a_code_is_spoken_in_the_language_of_the_challenge(
    world: World, vendor: FakeVendor, eventually: Eventually, *, locale: str, language: str
) -> None:
    caller(vendor, world.providers)
    vendor.otherwise = calls("ringing", "answered", "completed")
    async with listening(world, vendor, "caller"):
        identity = await world.start(channel=Channel.VOICE, locale=locale)
        await eventually(lambda: ends(world, identity, "D"))

    [call] = vendor.received
    assert call["to"] == "+84912345678"
    assert call["speech"]["language"] == language
    assert call["speech"]["text"]
    assert world.code(identity) not in call["speech"]["text"]


@pytest.mark.parametrize("state", ["busy", "no-answer"])
async def test_a_call_that_nobody_takes_has_failed(
    world: World, vendor: FakeVendor, eventually: Eventually, state: str
) -> None:
    caller(vendor, world.providers)
    vendor.otherwise = calls("ringing", state)
    async with listening(world, vendor, "caller"):
        identity = await world.start(channel=Channel.VOICE)
        await eventually(lambda: told(world, identity, "FAILED"))

    assert (await world.outcomes(identity.partition))[-1]["d"] == "undelivered"


async def ends(world: World, identity: Any, state: str) -> bool:
    return await world.state(identity) == state


async def told(world: World, identity: Any, kind: str) -> bool:
    return kind in await world.kinds(identity)
