"""Reserved numbers end as documented, without any real provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from delivery_world import Eventually, World
    from fake_vendor import FakeVendor

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("ending", "state", "outcomes"),
    [
        ("00", "D", ["STARTED", "SENT", "DELIVERED"]),
        ("03", "F", ["STARTED", "SENT", "FAILED"]),
        ("04", "F", ["STARTED", "FAILED"]),
        ("06", "F", ["STARTED", "FAILED"]),
        ("77", "D", ["STARTED", "SENT", "DELIVERED"]),
    ],
)
async def test_a_reserved_number_ends_as_documented(
    world: World, eventually: Eventually, ending: str, state: str, outcomes: list[str]
) -> None:
    async with world.working():
        identity = await world.start(f"+849920000{ending}")
        await eventually(lambda: told(world, identity, outcomes))

    assert await world.state(identity) == state
    assert (await world.record(identity))["pv"] == "sandbox"


@pytest.mark.parametrize("ending", ["01", "02"])
async def test_a_receipt_that_is_late_or_never_comes_leaves_the_message_sent(
    world: World, eventually: Eventually, ending: str
) -> None:
    async with world.working():
        identity = await world.start(f"+849920000{ending}")
        await eventually(lambda: told(world, identity, ["STARTED", "SENT"]))

    assert await world.state(identity) == "S"


async def test_an_inactive_number_is_named_as_such(world: World, eventually: Eventually) -> None:
    async with world.working():
        identity = await world.start("+84992000006")
        await eventually(lambda: told(world, identity, ["STARTED", "FAILED"]))

    assert (await world.outcomes(identity.partition))[-1]["d"] == "number_inactive"


async def test_a_throttled_number_is_sent_on_the_third_request(world: World, eventually: Eventually) -> None:
    async with world.working():
        identity = await world.start("+84992000005")
        await eventually(lambda: told(world, identity, ["STARTED", "SENT", "DELIVERED"]))

    assert (await world.record(identity))["rq:1"] == "3"


async def test_a_reserved_number_never_reaches_a_real_provider(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, weight=1_000_000)
    async with world.working():
        for ending in ("00", "04", "05"):
            identity = await world.start(f"+849920000{ending}")
            await eventually(lambda identity=identity: settled(world, identity))

    assert vendor.received == []


async def told(world: World, identity: object, kinds: list[str]) -> bool:
    return await world.kinds(identity) == kinds  # type: ignore[arg-type]


async def settled(world: World, identity: object) -> bool:
    return (await world.record(identity))["ds"] != "Q"  # type: ignore[arg-type]
