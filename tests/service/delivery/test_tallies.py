"""What became of codes is counted by provider, operator range and channel, and choices learn from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from delivery_world import Eventually, World

from xacthuc.otp.adapters.valkey_figures import ValkeyFigures
from xacthuc.otp.delivery.adapters.valkey_tallies import Tallies
from xacthuc.otp.delivery.domain.figures import MINUTE_MS, Entry, Figures, Place
from xacthuc.otp.delivery.ports import Status
from xacthuc.policy import Policy

if TYPE_CHECKING:
    from delivery_world import Running
    from fake_vendor import FakeVendor

    from xacthuc.otp.domain.challenge_id import ChallengeId

pytestmark = [pytest.mark.engine, pytest.mark.rule("R38")]

PLACE = Place("vendor", "viettel", 1)
PRICE = "\n[cost_vnd]\nviettel = 320\nother = 450\n"


async def figures(world: World, place: Place = PLACE) -> Figures:
    return (await ValkeyFigures(world.store).figures(1, world.clock.now_ms())).get(place, Figures())


async def sent_and_verified(world: World, eventually: Eventually) -> ChallengeId:
    identity = await world.start()
    await eventually(lambda: world.sent(identity))
    await world.check(identity, right=True)
    return identity


async def test_a_code_that_arrives_and_is_entered_is_counted_with_its_price_and_time(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.behave("accept_only")
    vendor.file(world.providers, extra=PRICE)
    async with world.working() as running:
        await sent_and_verified(world, eventually)
        await running.told("vendor", Status.DELIVERED)
        await eventually(lambda: complete(world))

    found = await figures(world)
    assert (found.sent, found.delivered, found.verified, found.failed, found.cost_vnd) == (1, 1, 1, 0, 320)
    assert found.mean_ms is not None
    assert found.within_ms(0.95) is not None


async def test_a_code_the_vendor_refuses_for_good_counts_as_failed(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.behave("inactive")
    vendor.file(world.providers)
    async with world.working():
        await world.start()
        await eventually(lambda: counted(world, failed=1))

    assert (await figures(world)).sent == 0


async def test_a_notice_is_not_counted(world: World, vendor: FakeVendor, eventually: Eventually) -> None:
    vendor.file(world.providers)
    async with world.working():
        await world.notice()
        await world.start()
        await eventually(lambda: counted(world, sent=1))
        await eventually(lambda: len(vendor.received) == 2)

    assert (await figures(world)).sent == 1


async def test_outcomes_that_are_folded_again_from_the_start_are_counted_once(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    async with world.working():
        identity = await sent_and_verified(world, eventually)
        await eventually(lambda: counted(world, sent=1, verified=1))
    before = await figures(world)
    cursor = f"{{p:{identity.partition:03d}}}:out:cur"
    await world.store.execute("DEL", cursor)

    async with world.working():
        await eventually(lambda: world.store.execute("EXISTS", cursor))

    assert await figures(world) == before


async def test_metrics_count_what_the_store_counts(world: World, vendor: FakeVendor, eventually: Eventually) -> None:
    vendor.file(world.providers, extra=PRICE)
    async with world.working() as running:
        await sent_and_verified(world, eventually)
        await eventually(lambda: counted(world, sent=1, verified=1))

        metrics = running.receipts.metrics
        await eventually(lambda: metrics.messages.value("vendor", "viettel", "SMS", "verified") == 1)
        assert metrics.messages.value("vendor", "viettel", "SMS", "sent") == 1
        assert metrics.message_cost_vnd.value("vendor", "viettel", "SMS") == 320
        assert metrics.registry.get_sample_value("xacthuc_provider_circuit_open", {"provider": "vendor"}) == 0


async def test_a_worker_asks_whoever_did_well_for_the_operator_range(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, "heavy", weight=100)
    other_vendor.file(world.providers, "better", weight=1)
    await did(world, Place("heavy", "viettel", 1), sent=400, verified=40)
    await did(world, Place("better", "viettel", 1), sent=400, verified=390)
    world.policy = replace(world.policy, choice=Policy.load().choice)
    async with world.working() as running:
        await eventually(lambda: learned(running))
        for number in range(5):
            await world.start(f"+8491234500{number}")
        await eventually(lambda: len(other_vendor.received) == 5)

    assert not vendor.received


async def did(world: World, place: Place, *, sent: int, verified: int) -> None:
    """Puts into the store what became of some codes five minutes ago."""
    now_ms = world.clock.now_ms()
    tallies = Tallies(store=world.store, clock=world.clock, operators=(), counted=lambda *_: None)
    entry = Entry(0, (now_ms, 0), now_ms - 5 * MINUTE_MS, Figures(sent=sent, verified=verified))
    await tallies.count({place: [entry]})


def learned(running: Running) -> bool:
    judgement = running.worker._routes.judgement
    return judgement.of(Place("better", "viettel", 1), 0.01).known


async def complete(world: World) -> bool:
    return await counted(world, sent=1, verified=1, delivered=1)


async def counted(world: World, **wanted: int) -> bool:
    found = await figures(world)
    return all(getattr(found, name) == count for name, count in wanted.items())
