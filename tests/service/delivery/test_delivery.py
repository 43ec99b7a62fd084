"""What the worker does with what the service queued."""

from __future__ import annotations

import asyncio
import json

import pytest
from delivery_world import PLATFORM, Eventually, World
from fake_vendor import FakeVendor, answer, send_and_answer, send_and_fall_silent, slowly

from xacthuc.ids import new_request_id

pytestmark = pytest.mark.engine


def inbox(world: World) -> list[dict[str, str]]:
    return [json.loads(line) for line in world.inbox.read_text().splitlines()] if world.inbox.exists() else []


async def test_a_queued_code_reaches_the_inbox_with_its_number_and_text(world: World, eventually: Eventually) -> None:
    async with world.working():
        identity = await world.start("+84912345678")
        await eventually(lambda: inbox(world))

    [message] = inbox(world)
    code = world.code(identity)
    assert message["to"] == "+84912345678"
    assert message["code"] == code
    assert message["challenge"] == identity.text
    assert message["text"].startswith(f"Forum: Ma xac thuc tai khoan la {code}")
    assert message["channel"] == "SMS"


async def test_a_sent_code_is_settled_once_with_time_and_provider(world: World, eventually: Eventually) -> None:
    async with world.working():
        identity = await world.start()
        await eventually(lambda: sent(world, identity))

    record = await world.record(identity)
    assert (record["ds"], record["pv"]) == ("S", "console")
    assert int(record["dt"]) >= int(record["dq"])
    assert await world.waiting() == 0
    assert await world.kinds(identity) == ["STARTED", "SENT"]


async def test_what_was_queued_while_nobody_worked_is_sent_at_the_start(world: World, eventually: Eventually) -> None:
    identities = [await world.start(f"+8491234567{number}") for number in range(8)]
    async with world.working():
        await eventually(lambda: len(inbox(world)) == len(identities))

    assert {message["challenge"] for message in inbox(world)} == {identity.text for identity in identities}


async def test_the_text_follows_purpose_and_locale(world: World, eventually: Eventually) -> None:
    async with world.working():
        identity = await world.start(purpose=3, locale="en")
        await eventually(lambda: inbox(world))

    assert inbox(world)[0]["text"].startswith(f"Forum: Code {world.code(identity)}, valid for 5 minutes, to register")


async def test_a_resend_carries_the_same_code(world: World, vendor: FakeVendor, eventually: Eventually) -> None:
    vendor.file(world.providers)
    async with world.working():
        identity = await world.start()
        await eventually(lambda: len(vendor.received) == 1)
        await world.store.execute("HSET", f"{{p:{identity.partition:03d}}}:c:{identity.text}", "ns", 1)
        now_ms = world.clock.now_ms()
        await world.challenges.resend(identity, PLATFORM, request_id=new_request_id(), channel=0, now_ms=now_ms)
        await eventually(lambda: len(vendor.received) == 2)

    assert vendor.received[0]["text"] == vendor.received[1]["text"]
    assert vendor.received[0]["ref"] != vendor.received[1]["ref"]


async def test_a_canceled_challenge_is_not_sent(world: World, vendor: FakeVendor, eventually: Eventually) -> None:
    vendor.file(world.providers)
    identity = await world.start()
    await world.challenges.cancel(identity, PLATFORM, world.clock.now_ms())
    async with world.working():
        await eventually(lambda: gone(world))

    assert vendor.received == []
    assert await world.kinds(identity) == ["STARTED", "CANCELED"]


async def test_an_expired_challenge_is_recorded_as_failed(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    identity = await world.start()
    await world.store.execute("HSET", f"{{p:{identity.partition:03d}}}:c:{identity.text}", "ex", 1)
    async with world.working():
        await eventually(lambda: gone(world))

    assert vendor.received == []
    assert await world.state(identity) == "F"
    assert (await world.outcomes(identity.partition))[-1]["d"] == "expired"


async def test_a_channel_nobody_serves_or_stands_in_for_fails_at_once(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    identity = await world.start(channel=9)
    async with world.working() as running:
        running.worker._routes.all = [r for r in running.worker._routes.all if r.provider.name == "vendor"]
        await eventually(lambda: gone(world))

    assert (await world.outcomes(identity.partition))[-1]["d"] == "channel_unavailable"


async def test_the_next_provider_sends_the_same_code(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, "first", weight=200)
    other_vendor.file(world.providers, "second", weight=100)
    vendor.otherwise = answer(503, {})
    async with world.working():
        identity = await world.start()
        await eventually(lambda: sent(world, identity))

    assert world.code(identity) in other_vendor.received[0]["text"]
    assert (await world.record(identity))["pv"] == "second"
    assert vendor.received == []


async def test_a_provider_that_is_down_is_replaced_and_costs_nothing(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, "first", weight=200)
    other_vendor.file(world.providers, "second", weight=100)
    await vendor.close()
    async with world.working():
        identity = await world.start()
        await eventually(lambda: sent(world, identity))

    record = await world.record(identity)
    assert (record["pv"], record["cp:1"], record["rq:1"]) == ("second", "1", "1")


async def test_a_code_waits_for_a_provider_that_comes_back(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    await vendor.close()
    async with world.working():
        identity = await world.start()
        await eventually(lambda: put_back(world, identity))
        await vendor.open()
        await eventually(lambda: sent(world, identity))

    assert vendor.copies.total() == 1


async def test_a_number_at_fault_is_not_tried_elsewhere(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, "first", weight=200)
    other_vendor.file(world.providers, "second", weight=100)
    vendor.otherwise = answer(200, {"code": 7})
    async with world.working():
        identity = await world.start()
        await eventually(lambda: gone(world))

    assert other_vendor.received == []
    assert (await world.outcomes(identity.partition))[-1]["d"] == "number_inactive"
    assert await world.state(identity) == "F"


@pytest.mark.parametrize("misread", [send_and_answer(200, {"surprise": 1}), send_and_answer(500, b"oops")])
async def test_a_message_is_never_sent_in_a_loop(
    world: World, vendor: FakeVendor, eventually: Eventually, misread: object
) -> None:
    """A vendor that sends and answers something unreadable made ZITADEL repeat a message until somebody stopped it."""
    vendor.file(world.providers)
    vendor.otherwise = misread
    async with world.working():
        identity = await world.start()
        await eventually(lambda: gone(world))

    assert vendor.copies.total() == 2
    assert (await world.outcomes(identity.partition))[-1]["d"] == "unconfirmed"


async def test_a_vendor_that_sends_and_reports_a_refusal_is_asked_four_times_at_most(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, "first")
    other_vendor.file(world.providers, "second")
    vendor.otherwise = other_vendor.otherwise = send_and_answer(400, {})
    async with world.working():
        identity = await world.start()
        await eventually(lambda: gone(world))

    assert vendor.copies.total() + other_vendor.copies.total() == 4
    assert (await world.outcomes(identity.partition))[-1]["d"] == "refused"


async def test_silence_after_a_request_costs_one_extra_copy_at_most(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    vendor.script.append(send_and_fall_silent)
    async with world.working():
        identity = await world.start()
        await eventually(lambda: sent(world, identity))

    assert vendor.copies.total() == 2


async def test_two_workers_never_send_the_same_message_twice(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    """Several pods of Kratos took the same row and sent its message once each."""
    vendor.file(world.providers)
    vendor.otherwise = slowly(0.02)
    long = 20  # seconds: where the machine stands still for longer than a lease, another worker may send once more
    async with world.working(lease_seconds=long) as one, world.working(lease_seconds=long) as other:
        await eventually(lambda: len(one.worker.leases.held) == len(other.worker.leases.held) == 128)
        for number in range(100):
            await world.start(f"+849123456{number:02d}")
        await eventually(lambda: len(vendor.received) >= 100)
        await eventually(lambda: gone(world))

    assert set(vendor.copies.values()) == {1}
    assert len(vendor.received) == 100


async def test_partitions_are_shared_anew_when_a_worker_leaves(world: World, eventually: Eventually) -> None:
    async with world.working() as one:
        async with world.working() as other:
            await eventually(lambda: len(one.worker.leases.held) == len(other.worker.leases.held) == 128)
            assert not set(one.worker.leases.held) & set(other.worker.leases.held)
        await eventually(lambda: len(one.worker.leases.held) == 256)


async def test_a_worker_that_stops_finishes_what_it_began(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    vendor.otherwise = slowly(0.3)
    async with world.working() as running:
        identity = await world.start()
        await eventually(lambda: claimed(world, identity))
        await running.end()

    assert vendor.copies.total() == 1
    assert await world.state(identity) == "S"


async def test_notices_are_sent_in_their_own_lane(world: World, vendor: FakeVendor, eventually: Eventually) -> None:
    vendor.file(world.providers)
    async with world.working():
        await world.notice()
        await eventually(lambda: gone(world))

    [message] = vendor.received
    assert message["text"].startswith("Forum: ")


async def test_codes_never_wait_for_notices(world: World, vendor: FakeVendor, eventually: Eventually) -> None:
    vendor.file(world.providers)
    for number in range(60):
        await world.notice(f"+849223456{number:02d}")
    async with world.working(notices_per_second=5):
        await eventually(lambda: vendor.received)
        identity = await world.start()
        await eventually(lambda: sent(world, identity))
        assert await world.waiting() > 30


async def test_notices_keep_their_pace(world: World, vendor: FakeVendor, eventually: Eventually) -> None:
    vendor.file(world.providers)
    for number in range(6):
        await world.notice(f"+8492234567{number}")
    async with world.working(notices_per_second=10) as running:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await eventually(lambda: len(vendor.received) == 6)
        assert loop.time() - began >= 0.45
        assert running.worker.oldest_age_seconds() >= 0


async def test_operators_see_how_providers_fare(world: World, vendor: FakeVendor, eventually: Eventually) -> None:
    vendor.file(world.providers)
    async with world.working() as running:
        await eventually(lambda: reported(world))
        words = await world.store.execute("HGETALL", "providers")

    assert words[0].decode() == running.worker.leases.worker
    rows = {row["name"]: row for row in json.loads(words[1])}
    offer = rows["vendor"].pop("offer")
    assert rows["vendor"] == {
        "name": "vendor", "channels": [1], "sent": 0, "failed": 0, "last_send_ms": 0, "circuit_open": False,
        "suspended": False,
    }  # fmt: skip
    assert (offer["weight"], offer["operators"], offer["cost_vnd"]) == (100, [], {})


async def sent(world: World, identity: object) -> bool:
    return (await world.record(identity))["ds"] == "S"  # type: ignore[arg-type]


async def claimed(world: World, identity: object) -> bool:
    return (await world.record(identity)).get("cp:1") == "1"  # type: ignore[arg-type]


async def put_back(world: World, identity: object) -> bool:
    return (await world.record(identity)).get("rq:1") == "0"  # type: ignore[arg-type]


async def gone(world: World) -> bool:
    return await world.waiting() == 0


async def reported(world: World) -> bool:
    return bool(await world.store.execute("HLEN", "providers"))
