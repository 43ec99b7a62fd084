"""A code that does not arrive is sent by somebody else: the same code, once for each silence, and only while it is of use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from delivery_world import PLATFORM, Eventually, World
from fake_vendor import FakeVendor

from xacthuc.ids import new_request_id
from xacthuc.otp.delivery.adapters.valkey_deadlines import ValkeyDeadlines
from xacthuc.otp.delivery.ports import Status, Tenure

if TYPE_CHECKING:
    from xacthuc.otp.delivery.ports import Overdue
    from xacthuc.otp.domain.challenge_id import ChallengeId

pytestmark = [pytest.mark.engine, pytest.mark.rule("R38")]

DELIVERED, FAILED = Status.DELIVERED, Status.FAILED


@pytest.fixture
def two(world: World, vendor: FakeVendor, other_vendor: FakeVendor) -> None:
    """Describes two vendors, of which the first is asked first."""
    vendor.file(world.providers, "first", weight=1_000_000)
    other_vendor.file(world.providers, "second", weight=1)


async def test_a_receipt_is_waited_for_as_long_as_the_policy_says(
    world: World, two: None, eventually: Eventually
) -> None:
    async with world.working():
        identity = await world.start()
        await eventually(lambda: world.sent(identity, 1))

    sent_ms = int((await world.record(identity))["dt"])
    assert await world.deadlines(identity) == {"1 first": sent_ms + 25_000}


async def test_a_missing_receipt_sends_the_same_code_through_somebody_else(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, two: None, eventually: Eventually
) -> None:
    async with world.working():
        identity = await world.start()
        await eventually(lambda: world.sent(identity, 1))
        await world.run_out(identity)
        await eventually(lambda: world.sent(identity, 2))

    assert [message["text"] for message in (*vendor.received, *other_vendor.received)] == [world.text(identity)] * 2
    record = await world.record(identity)
    assert (record["pv"], record["ds"], record["ds"]) == ("second", "S", "S")
    assert await world.kinds(identity) == ["STARTED", "SENT", "SENT"]


async def test_the_second_receipt_is_waited_for_less_long(world: World, two: None, eventually: Eventually) -> None:
    async with world.working():
        identity = await world.start()
        await eventually(lambda: world.sent(identity, 1))
        await world.run_out(identity)
        await eventually(lambda: world.sent(identity, 2))

    sent_ms = int((await world.record(identity))["dt"])
    assert await world.deadlines(identity) == {"1 second": sent_ms + 10_000}


async def test_a_receipt_in_time_ends_the_waiting(
    world: World, other_vendor: FakeVendor, two: None, eventually: Eventually
) -> None:
    async with world.working() as running:
        identity = await world.start()
        await eventually(lambda: world.sent(identity, 1))
        await running.told("first", DELIVERED)

    assert await world.deadlines(identity) == {}
    assert await world.state(identity) == "D"


async def test_a_failed_receipt_sends_the_code_through_somebody_else_at_once(
    world: World, other_vendor: FakeVendor, two: None, eventually: Eventually
) -> None:
    async with world.working() as running:
        identity = await world.start()
        await eventually(lambda: world.sent(identity, 1))
        await running.told("first", FAILED, "undelivered")
        await eventually(lambda: world.sent(identity, 2))

    assert [message["text"] for message in other_vendor.received] == [world.text(identity)]
    record = await world.record(identity)
    assert (record["ds"], record["pv"], record["cp:1"]) == ("S", "second", "1")
    assert await world.kinds(identity) == ["STARTED", "SENT", "FAILED", "SENT"]


async def test_a_failed_receipt_that_outran_the_answer_fails_over_as_well(
    world: World, other_vendor: FakeVendor, two: None, eventually: Eventually
) -> None:
    async with world.working() as running:
        await running.told("first", FAILED, "undelivered")
        identity = await world.start()
        await eventually(lambda: world.sent(identity, 2))

    assert other_vendor.copies.total() == 1
    assert await world.state(identity) == "S"


async def test_a_receipt_that_blames_the_number_is_believed(
    world: World, other_vendor: FakeVendor, two: None, eventually: Eventually
) -> None:
    async with world.working() as running:
        identity = await world.start()
        await eventually(lambda: world.sent(identity, 1))
        await running.told("first", FAILED, "number_inactive")

    assert await world.deadlines(identity) == {}
    assert await world.ended(identity) == ("F", "number_inactive")


async def test_who_has_entered_the_code_gets_nothing_more(
    world: World, other_vendor: FakeVendor, two: None, eventually: Eventually
) -> None:
    async with world.working():
        identity = await world.start()
        await eventually(lambda: world.sent(identity, 1))
        await world.check(identity, right=True)
        await world.run_out(identity)
        await eventually(lambda: settled(world, identity))

    assert other_vendor.received == []


async def test_a_code_entered_while_its_second_copy_waited_is_not_sent_again(
    world: World, other_vendor: FakeVendor, two: None, eventually: Eventually
) -> None:
    async with world.working():
        identity = await world.start()
        await eventually(lambda: world.sent(identity, 1))
        await stop(world, eventually)
        await world.run_out(identity)
        await eventually(lambda: world.waits(1))
        await world.check(identity, right=True)
        await world.switch(PLATFORM, engaged=False)
        await eventually(lambda: world.waits(0))

    assert other_vendor.received == []


async def test_a_message_that_arrived_while_its_second_copy_waited_is_not_sent_again(
    world: World, other_vendor: FakeVendor, two: None, eventually: Eventually
) -> None:
    async with world.working() as running:
        identity = await world.start()
        await eventually(lambda: world.sent(identity, 1))
        await stop(world, eventually)
        await world.run_out(identity)
        await eventually(lambda: world.waits(1))
        await running.told("first", DELIVERED)
        await world.switch(PLATFORM, engaged=False)
        await eventually(lambda: world.waits(0))

    assert other_vendor.received == []
    assert await world.kinds(identity) == ["STARTED", "SENT", "DELIVERED"]


async def test_a_newer_send_has_a_deadline_of_its_own(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, two: None, eventually: Eventually
) -> None:
    async with world.working():
        identity = await world.start()
        await eventually(lambda: world.sent(identity, 1))
        await world.store.execute("HSET", f"{{p:{identity.partition:03d}}}:c:{identity.text}", "ns", 1)
        await world.challenges.resend(
            identity, PLATFORM, request_id=new_request_id(), channel=0, now_ms=world.clock.now_ms()
        )
        await eventually(lambda: world.sent(identity, 2))
        assert set(await world.deadlines(identity)) == {"1 first", "2 first"}
        await world.run_out(identity)
        await eventually(lambda: world.sent(identity, 3))
        await eventually(lambda: world.waits(0))

    assert len(vendor.received) == 2
    assert len(other_vendor.received) == 1


async def test_without_anybody_else_the_message_stays_as_it_was(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, "only")
    async with world.working() as running:
        running.worker._routes.all = [r for r in running.worker._routes.all if r.provider.name == "only"]
        identity = await world.start()
        await eventually(lambda: world.sent(identity, 1))
        await world.run_out(identity)
        await eventually(lambda: settled(world, identity))

    assert vendor.copies.total() == 1
    assert await world.state(identity) == "S"
    assert await world.kinds(identity) == ["STARTED", "SENT"]


async def test_a_copy_that_nobody_else_takes_is_not_a_second_failure(world: World, eventually: Eventually) -> None:
    """The console is left, but takes no reserved number."""
    async with world.working():
        identity = await world.start("+84992000003")
        await eventually(lambda: settled(world, identity))
        await eventually(lambda: world.waits(0))
        await eventually(lambda: failed(world, identity))

    assert await world.kinds(identity) == ["STARTED", "SENT", "FAILED"]


async def test_three_silent_providers_leave_a_fourth_to_try_and_no_fifth(
    world: World, eventually: Eventually, vendors: list[FakeVendor]
) -> None:
    async with world.working():
        identity = await world.start()
        for copies in (1, 2, 3, 4):
            await eventually(lambda copies=copies: world.sent(identity, copies))
            await world.run_out(identity)
        await eventually(lambda: settled(world, identity))
        await eventually(lambda: world.waits(0))

    assert sum(vendor.copies.total() for vendor in vendors) == 4
    assert max(vendor.copies.total() for vendor in vendors) == 1


async def test_a_deadline_is_acted_upon_once(world: World, two: None, eventually: Eventually) -> None:
    tenure, late = await overdue(world, eventually)
    deadlines = ValkeyDeadlines(store=world.store)
    now_ms = world.clock.now_ms()

    assert [await deadlines.resolve(tenure, late, now_ms, others=True) for _ in range(2)] == [True, False]
    assert await world.waiting() == 1


async def test_a_worker_that_lost_the_partition_acts_upon_no_deadline(
    world: World, two: None, eventually: Eventually
) -> None:
    tenure, late = await overdue(world, eventually)
    await world.store.execute("HINCRBY", f"{{p:{tenure.partition:03d}}}:lease", "f", 1)

    assert not await ValkeyDeadlines(store=world.store).resolve(tenure, late, world.clock.now_ms(), others=True)
    assert await world.waiting() == 0


async def test_a_deadline_of_which_nothing_is_known_any_more_is_dropped(
    world: World, two: None, eventually: Eventually
) -> None:
    tenure, late = await overdue(world, eventually)
    await world.store.execute("DEL", f"{{p:{late.partition:03d}}}:c:{late.id}")

    assert not await ValkeyDeadlines(store=world.store).resolve(tenure, late, world.clock.now_ms(), others=True)
    assert not await world.store.execute("EXISTS", f"{{p:{late.partition:03d}}}:due")


async def test_two_workers_send_an_overdue_code_again_once(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, two: None, eventually: Eventually
) -> None:
    async with world.working(), world.working():
        identities = [await world.start(f"+8491234567{number}") for number in range(8)]
        for identity in identities:
            await eventually(lambda identity=identity: world.sent(identity, 1))
            await world.run_out(identity)
        for identity in identities:
            await eventually(lambda identity=identity: world.sent(identity, 2))
        await eventually(lambda: world.waits(0))

    assert vendor.copies.total() == other_vendor.copies.total() == 8


@pytest.fixture
async def vendors(world: World, eventually: Eventually) -> object:
    """Five vendors."""
    vendors = [FakeVendor() for _ in range(5)]
    for number, vendor in enumerate(vendors):
        await vendor.open()
        vendor.file(world.providers, f"vendor_{number}")
    yield vendors
    for vendor in vendors:
        await vendor.close()


async def overdue(world: World, eventually: Eventually) -> tuple[Tenure, Overdue]:
    """Returns a send whose receipt did not come, and a hold on its partition, while no worker works."""
    async with world.working() as running:
        identity = await world.start()
        await eventually(lambda: world.sent(identity, 1))
        partition = identity.partition
        fence = running.worker.leases.held[partition].fence
    await world.run_out(identity)
    [(tenure, late)] = await ValkeyDeadlines(store=world.store).overdue(
        [Tenure(partition, fence)], world.clock.now_ms()
    )
    return tenure, late


async def failed(world: World, identity: ChallengeId) -> bool:
    return await world.state(identity) == "F"


async def settled(world: World, identity: ChallengeId) -> bool:
    return "SENT" in await world.kinds(identity) and await world.deadlines(identity) == {}


async def stop(world: World, eventually: Eventually) -> None:
    """Holds messages back, and waits until every worker knows: at most a second (decision 15)."""
    await world.switch(PLATFORM, engaged=True)
    engaged_ms = world.clock.now_ms()
    await eventually(lambda: world.clock.now_ms() - engaged_ms >= 1000)
