"""Receipts that come twice, late, in the wrong order, for nothing or for somebody else: counted, survived, never dear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from delivery_world import PLATFORM, Eventually, World
from fake_vendor import FakeVendor

from xacthuc.ids import new_request_id
from xacthuc.otp.delivery.ports import Status

if TYPE_CHECKING:
    from delivery_world import Running

    from xacthuc.otp.domain.challenge_id import ChallengeId

pytestmark = pytest.mark.engine

DELIVERED, FAILED = Status.DELIVERED, Status.FAILED
PRICE = 320


@pytest.fixture
def two(world: World, vendor: FakeVendor, other_vendor: FakeVendor) -> None:
    """Describes two vendors with a price, of which the first is asked first."""
    vendor.file(world.providers, "first", weight=200, extra=f"[cost_vnd]\nother = {PRICE}\n")
    other_vendor.file(world.providers, "second", weight=100, extra=f"[cost_vnd]\nother = {PRICE}\n")


def counted(running: Running, provider: str, outcome: str) -> float:
    value = running.receipts.metrics.registry.get_sample_value(
        "xacthuc_receipts_total", {"provider": provider, "outcome": outcome}
    )
    return value or 0.0


async def failed_over(world: World, running: Running, eventually: Eventually) -> ChallengeId:
    """Starts a challenge whose first message nobody reported, so that the second vendor sent it as well."""
    identity = await world.start()
    await eventually(lambda: world.sent(identity))
    await world.run_out(identity)
    await eventually(lambda: world.sent(identity, 2))
    return identity


async def test_a_receipt_for_an_unknown_id_is_counted_and_changes_nothing(
    world: World, two: None, eventually: Eventually
) -> None:
    async with world.working() as running:
        identity = await world.start()
        await eventually(lambda: world.sent(identity))
        before = await world.record(identity)
        await running.told("first", DELIVERED, message_id="of-somebody-else")
        await running.told("second", DELIVERED)

        assert await world.record(identity) == before
        assert counted(running, "first", "unmatched") == counted(running, "second", "unmatched") == 1


@pytest.mark.parametrize("status", [DELIVERED, FAILED])
async def test_a_repeated_receipt_counts_once(world: World, two: None, eventually: Eventually, status: Status) -> None:
    async with world.working() as running:
        identity = await world.start()
        await eventually(lambda: world.sent(identity))
        for _ in range(5):
            await running.told("first", status)

        assert counted(running, "first", "repeated") == 4
        assert (await world.kinds(identity)).count("DELIVERED" if status is DELIVERED else "FAILED") == 1


async def test_a_late_receipt_of_the_first_provider_is_told_as_its_own(
    world: World, two: None, eventually: Eventually
) -> None:
    async with world.working() as running:
        identity = await failed_over(world, running, eventually)
        await running.told("first", DELIVERED)

    record, last = await world.record(identity), (await world.outcomes(identity.partition))[-1]
    assert (last["k"], last["pv"]) == ("DELIVERED", "first")
    assert (record["ds"], record["pv"]) == ("D", "first")
    sends = [o for o in await world.outcomes(identity.partition) if o["k"] == "SENT"]
    assert (last["dq"], last["dt"]) == (sends[0]["dq"], sends[0]["dt"])
    assert int(sends[1]["dq"]) >= int(sends[0]["dt"])
    assert await world.deadlines(identity) == {}


async def test_a_late_failure_of_the_first_provider_does_not_fail_the_copy_of_the_second(
    world: World, two: None, eventually: Eventually
) -> None:
    async with world.working() as running:
        identity = await failed_over(world, running, eventually)
        await running.told("first", FAILED, "undelivered")

    record, last = await world.record(identity), (await world.outcomes(identity.partition))[-1]
    assert (last["k"], last["pv"]) == ("FAILED", "first")
    assert (record["ds"], record["pv"]) == ("S", "second")
    assert set(await world.deadlines(identity)) == {"1 second"}


async def test_two_copies_that_arrive_are_each_told_once(world: World, two: None, eventually: Eventually) -> None:
    async with world.working() as running:
        identity = await failed_over(world, running, eventually)
        await running.told("second", DELIVERED)
        await running.told("first", DELIVERED)

    told = [o for o in await world.outcomes(identity.partition) if o["k"] == "DELIVERED"]
    assert [outcome["pv"] for outcome in told] == ["second", "first"]
    assert (await world.record(identity))["pv"] == "second"


async def test_a_message_that_failed_and_then_arrived_is_delivered_and_not_sent_again(
    world: World, other_vendor: FakeVendor, two: None, eventually: Eventually
) -> None:
    async with world.working() as running:
        identity = await world.start()
        await eventually(lambda: world.sent(identity))
        await stop(world, eventually)
        await running.told("first", FAILED, "undelivered")
        await eventually(lambda: world.waits(1))
        await running.told("first", DELIVERED)
        await world.switch(PLATFORM, engaged=False)
        await eventually(lambda: world.waits(0))

    assert other_vendor.received == []
    assert await world.state(identity) == "D"


async def test_a_failure_after_the_code_was_entered_says_nothing_of_the_challenge(
    world: World, other_vendor: FakeVendor, two: None, eventually: Eventually
) -> None:
    async with world.working() as running:
        identity = await world.start()
        await eventually(lambda: world.sent(identity))
        await world.check(identity, right=True)
        await running.told("first", FAILED, "undelivered")
        await eventually(lambda: nothing_due(world, identity))

    assert other_vendor.received == []
    record = await world.record(identity)
    assert (record["st"], record["ds"]) == ("V", "S")


async def test_a_receipt_of_an_earlier_send_leaves_the_later_one_as_it_is(
    world: World, vendor: FakeVendor, two: None, eventually: Eventually
) -> None:
    async with world.working() as running:
        identity = await world.start()
        await eventually(lambda: world.sent(identity))
        await world.store.execute("HSET", f"{{p:{identity.partition:03d}}}:c:{identity.text}", "ns", 1)
        await world.challenges.resend(
            identity, PLATFORM, request_id=new_request_id(), channel=0, now_ms=world.clock.now_ms()
        )
        await eventually(lambda: world.sent(identity, 2))
        await running.told("first", FAILED, "undelivered")
        await eventually(lambda: only_due(world, identity, "2 first"))

    assert vendor.copies.total() == 2
    assert await world.state(identity) == "S"


async def test_each_copy_is_paid_once_whatever_receipts_say(world: World, two: None, eventually: Eventually) -> None:
    async with world.working() as running:
        identity = await failed_over(world, running, eventually)
        for status in (FAILED, DELIVERED, FAILED, DELIVERED):
            for provider in ("first", "second"):
                await running.told(provider, status, "undelivered" if status is FAILED else "")

    told = await world.outcomes(identity.partition)
    assert sum(int(outcome["co"]) for outcome in told) == 2 * PRICE
    assert await spent(world) == 2 * PRICE


async def nothing_due(world: World, identity: ChallengeId) -> bool:
    return await world.deadlines(identity) == {}


async def only_due(world: World, identity: ChallengeId, member: str) -> bool:
    return set(await world.deadlines(identity)) == {member}


async def spent(world: World) -> int:
    found = await world.money.spendings(world.clock.now_ms())
    return sum(each.spent_vnd for each in found if each.platform == PLATFORM)


async def stop(world: World, eventually: Eventually) -> None:
    """Holds messages back, and waits until every worker knows: at most a second (decision 15)."""
    await world.switch(PLATFORM, engaged=True)
    engaged_ms = world.clock.now_ms()
    await eventually(lambda: world.clock.now_ms() - engaged_ms >= 1000)
