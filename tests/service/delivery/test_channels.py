"""By which channel a code goes when its own leads nowhere, and what is told of it."""

from __future__ import annotations

import pytest
from delivery_world import Eventually, World
from fake_vendor import FakeVendor, answer

from xacthuc.otp.delivery.ports import Channel, Status

pytestmark = [pytest.mark.engine, pytest.mark.rule("R38")]

NO_ZALO = """
[[rejected]]
path = "code"
equals = ["9"]
reason = "no_account"
channel_final = true
"""


@pytest.fixture
def zalo_and_sms(world: World, vendor: FakeVendor, other_vendor: FakeVendor) -> None:
    """Describes a vendor of Zalo messages, and one of text messages."""
    vendor.file(world.providers, "zalo", channel="ZALO_ZNS", weight=200, extra=NO_ZALO)
    other_vendor.file(world.providers, "sms")


async def test_a_channel_that_nobody_serves_is_replaced(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, "sms")
    async with world.working() as running:
        running.worker._routes.all = [r for r in running.worker._routes.all if r.provider.name == "sms"]
        identity = await world.start(channel=Channel.VOICE)
        await eventually(lambda: world.sent(identity))

    assert vendor.received[0]["text"] == world.text(identity)
    assert (await world.record(identity))["ch"] == str(int(Channel.SMS))


async def test_a_channel_whose_providers_are_all_down_is_replaced(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, zalo_and_sms: None, eventually: Eventually
) -> None:
    await vendor.close()
    async with world.working():
        identity = await world.start(channel=Channel.ZALO_ZNS)
        await eventually(lambda: world.sent(identity))

    assert other_vendor.received[0]["text"] == world.text(identity)
    told = (await world.outcomes(identity.partition))[-1]
    assert (told["k"], told["pv"], told["ch"]) == ("SENT", "sms", str(int(Channel.SMS)))


async def test_a_person_the_channel_does_not_reach_gets_the_code_by_another(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, zalo_and_sms: None, eventually: Eventually
) -> None:
    vendor.otherwise = answer(200, {"code": 9})
    async with world.working():
        identity = await world.start(channel=Channel.ZALO_ZNS)
        await eventually(lambda: world.sent(identity))

    assert vendor.asked == 1
    assert world.code(identity) in other_vendor.received[0]["text"]


async def test_who_does_not_reach_a_person_by_one_channel_spares_the_others_of_that_channel(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, "first", channel="ZALO_ZNS", weight=200, extra=NO_ZALO)
    other_vendor.file(world.providers, "second", channel="ZALO_ZNS")
    vendor.otherwise = answer(200, {"code": 9})
    async with world.working() as running:
        running.worker._routes.fallback = {}
        identity = await world.start(channel=Channel.ZALO_ZNS)
        await eventually(lambda: world.waits(0))

    assert other_vendor.asked == 0
    assert await world.ended(identity) == ("F", "no_account")


async def test_a_missing_receipt_of_the_last_provider_of_a_channel_moves_to_another_channel(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, zalo_and_sms: None, eventually: Eventually
) -> None:
    async with world.working():
        identity = await world.start(channel=Channel.ZALO_ZNS)
        await eventually(lambda: world.sent(identity))
        await world.run_out(identity)
        await eventually(lambda: world.sent(identity, 2))

    assert world.code(identity) in other_vendor.received[0]["text"]
    assert (await world.record(identity))["ch"] == str(int(Channel.SMS))


async def test_a_late_receipt_is_told_of_the_channel_it_came_by(
    world: World, zalo_and_sms: None, eventually: Eventually
) -> None:
    async with world.working() as running:
        identity = await world.start(channel=Channel.ZALO_ZNS)
        await eventually(lambda: world.sent(identity))
        await world.run_out(identity)
        await eventually(lambda: world.sent(identity, 2))
        await running.told("zalo", Status.FAILED, "undelivered")

    told = (await world.outcomes(identity.partition))[-1]
    assert (told["k"], told["pv"], told["ch"]) == ("FAILED", "zalo", str(int(Channel.ZALO_ZNS)))
    assert (await world.record(identity))["ch"] == str(int(Channel.SMS))


async def test_a_notice_goes_by_its_own_channel_or_not_at_all(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, "zalo", channel="ZALO_ZNS")
    async with world.working() as running:
        running.worker._routes.all = [r for r in running.worker._routes.all if r.provider.name == "zalo"]
        await world.notice()
        await eventually(lambda: running.worker.oldest_age_seconds() > 1)

    assert vendor.asked == 0
    assert await world.waiting() == 1
