"""Receipts over HTTP: signed, in whatever order, once."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fake_vendor import FakeVendor, signed, slowly

from xacthuc.embedded.ports import free_port
from xacthuc.otp.adapters.valkey_outcomes import ValkeyOutcomes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from delivery_world import Eventually, World

    from xacthuc.otp.ports import OutcomeEntry

pytestmark = pytest.mark.engine


@asynccontextmanager
async def listening(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Runs a worker with a listener, and gives a client of it."""
    port = free_port()
    async with (
        world.working(receipts_address=f"127.0.0.1:{port}"),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        yield client


async def post(client: httpx.AsyncClient, receipt: Any, **signing: Any) -> int:
    body = receipt if isinstance(receipt, bytes) else json.dumps(receipt).encode()
    return (await client.post("/receipts/vendor", content=body, headers=signed(body, **signing))).status_code


async def test_a_receipt_marks_the_message_delivered(world: World, vendor: FakeVendor, eventually: Eventually) -> None:
    vendor.file(world.providers)
    async with listening(world) as client:
        identity = await world.start()
        await eventually(lambda: told(world, identity, "SENT"))
        assert await post(client, {"id": "m1", "state": "ok"}) == 200

    record = await world.record(identity)
    assert record["ds"] == "D"
    assert int(record["dd"]) >= int(record["dt"])
    assert await world.kinds(identity) == ["STARTED", "SENT", "DELIVERED"]


async def test_a_receipt_that_comes_before_the_answer_is_applied_after_it(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    vendor.otherwise = slowly(0.3)
    async with listening(world) as client:
        assert await post(client, {"id": "m1", "state": "ok"}) == 200
        identity = await world.start()
        await eventually(lambda: told(world, identity, "SENT"))

    assert await world.state(identity) == "D"


async def test_the_same_receipt_counts_once(world: World, vendor: FakeVendor, eventually: Eventually) -> None:
    vendor.file(world.providers)
    async with listening(world) as client:
        identity = await world.start()
        await eventually(lambda: told(world, identity, "SENT"))
        for _ in range(3):
            await post(client, {"id": "m1", "state": "ok"})

    assert (await world.kinds(identity)).count("DELIVERED") == 1


async def test_delivered_is_the_last_word(world: World, vendor: FakeVendor, eventually: Eventually) -> None:
    vendor.file(world.providers)
    async with listening(world) as client:
        identity = await world.start()
        await eventually(lambda: told(world, identity, "SENT"))
        for state in ("bad", "ok", "bad"):
            await post(client, {"id": "m1", "state": state})

    assert await world.kinds(identity) == ["STARTED", "SENT", "FAILED", "DELIVERED"]
    assert await world.state(identity) == "D"


async def watched(world: World) -> AsyncIterator[OutcomeEntry]:
    """What the first batch tells whoever watches."""
    outcomes = ValkeyOutcomes(store=world.store, clock=world.clock, sealer=world.sealer, kept=timedelta(days=7))
    async for batch in outcomes.watch(b""):
        for entry in batch.entries:
            yield entry
        return


async def test_an_inactive_number_is_told_to_those_who_watch(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    async with listening(world) as client:
        identity = await world.start()
        await eventually(lambda: told(world, identity, "SENT"))
        await post(client, {"id": "m1", "state": "gone"})

    last = (await world.outcomes(identity.partition))[-1]
    assert (last["k"], last["d"], last["pv"]) == ("FAILED", "number_inactive", "vendor")
    entries = [each async for each in watched(world)]
    assert [entry.number for entry in entries if entry.detail] == ["+84912345678"]
    assert "+84912345678" not in repr(entries)


async def test_several_receipts_may_come_at_once(world: World, vendor: FakeVendor, eventually: Eventually) -> None:
    vendor.file(world.providers)
    async with listening(world) as client:
        identities = [await world.start(f"+8491234567{number}") for number in range(2)]
        for identity in identities:
            await eventually(lambda identity=identity: told(world, identity, "SENT"))
        await post(client, [{"id": "m1", "state": "ok"}, {"id": "m2", "state": "ok"}])

    assert [await world.state(identity) for identity in identities] == ["D", "D"]


@pytest.mark.parametrize(
    ("receipt", "signing", "status"),
    [
        (b"{", {}, 400),
        ({"state": "ok"}, {}, 400),
        ({"id": "", "state": "ok"}, {}, 400),
        ([[[]]], {}, 400),
        ({"id": "m1", "state": "ok"}, {"secret": b"guess"}, 401),
        ({"id": "m1", "state": "ok"}, {"at_seconds": 1_000_000_000}, 401),
        (b"x" * 70_000, {}, 413),
        ({"id": "m1", "state": "on its way"}, {}, 200),
    ],
)
async def test_what_is_not_a_receipt_changes_nothing(
    world: World, vendor: FakeVendor, eventually: Eventually, *, receipt: Any, signing: dict[str, Any], status: int
) -> None:
    vendor.file(world.providers)
    async with listening(world) as client:
        identity = await world.start()
        await eventually(lambda: told(world, identity, "SENT"))
        assert await post(client, receipt, **signing) == status

    assert await world.state(identity) == "S"


@pytest.mark.parametrize("path", ["/receipts/nobody", "/receipts/console", "/", "/receipts/vendor/more"])
async def test_other_addresses_do_not_exist(world: World, vendor: FakeVendor, path: str) -> None:
    vendor.file(world.providers)
    async with listening(world) as client:
        assert (await client.post(path, content=b"{}")).status_code == 404


async def told(world: World, identity: object, kind: str) -> bool:
    return kind in await world.kinds(identity)  # type: ignore[arg-type]
