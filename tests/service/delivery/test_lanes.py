"""Two lanes: however many notices wait, a code is sent as if there were none."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from delivery_world import Eventually, World
from fake_vendor import FakeVendor, accept, slowly

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.engine

NOTICES = 1_000


async def test_a_code_overtakes_a_thousand_waiting_notices(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    await queue_notices(world, NOTICES)
    async with world.working():
        await eventually(lambda: vendor.received)
        identity = await world.start("+84987654321")
        await eventually(lambda: world.sent(identity))

    notices_before = [message["to"] for message in vendor.received].index("84987654321")
    assert notices_before < 20
    assert await world.waiting() > NOTICES - 40


async def test_a_worker_that_finds_a_full_bulk_lane_begins_no_more_of_it_than_it_can_see_through(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    await queue_notices(world, NOTICES)
    async with world.working(notice_concurrency=1, notices_per_second=1) as running:
        await eventually(lambda: vendor.received)
        known = len(running.worker.lanes[1]._pending)

    assert 0 < known <= 16 + 8 * 16


async def test_notices_hold_no_place_of_codes_at_a_provider(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    in_flight(vendor.file(world.providers), 4)
    vendor.otherwise = slowly(0.5)
    await queue_notices(world, 40)
    async with world.working(notices_per_second=1000) as running:
        route = next(route for route in running.worker._routes.all if route.provider.name == "vendor")
        await eventually(route.bulk_slots.locked)
        for number in range(4):
            await world.start(f"+8498765432{number}")
        await eventually(route.slots.locked)
        await eventually(lambda: vendor.asked == 5)


async def test_a_notice_makes_way_for_codes_and_does_not_wait_for_ever(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    vendor.script.append(after_another)
    async with world.working(notices_per_second=1000):
        await world.start("+84987654321")
        await eventually(lambda: vendor.asked == 1)
        await world.notice("+84922000000")
        await eventually(lambda: vendor.received)

    assert [message["to"] for message in vendor.received] == ["84922000000", "84987654321"]


async def test_notices_leave_a_provider_s_pace_to_the_codes_that_need_it(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    paced(vendor.file(world.providers), 20)
    await queue_notices(world, 60)
    await asyncio.gather(*(world.start(f"+84987{number:06d}") for number in range(60)))
    async with world.working(notices_per_second=1000):
        await eventually(lambda: sum(message["to"].startswith("84987") for message in vendor.received) == 60)

    order = [message["to"].startswith("84987") for message in vendor.received]
    last_code = len(order) - order[::-1].index(True)
    notices_before = order[:last_code].count(False)
    # Some may have had their turn before the codes were read.
    assert notices_before <= 8


async def test_notices_use_the_pace_when_there_are_no_codes(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    paced(vendor.file(world.providers), 20)
    await queue_notices(world, 30)
    async with world.working(notices_per_second=1000):
        await eventually(lambda: world.waits(0))

    assert vendor.copies.total() == 30


async def queue_notices(world: World, count: int) -> None:
    for first in range(0, count, 50):
        numbers = range(first, min(first + 50, count))
        await asyncio.gather(*(world.notice(f"+84922{number:06d}") for number in numbers))


async def after_another(vendor: FakeVendor, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    """Sends once something else has been sent."""
    while not vendor.received:
        await asyncio.sleep(0.005)
    await accept(vendor, message, writer)


def in_flight(file: Path, concurrency: int) -> None:
    file.write_text(file.read_text().replace("weight =", f"concurrency = {concurrency}\nweight ="))


def paced(file: Path, per_second: int) -> None:
    file.write_text(file.read_text().replace("weight =", f"per_second = {per_second}\nweight ="))
