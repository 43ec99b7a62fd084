"""A worker of the version before makes room for the present one while codes come in: each goes out, and once."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from delivery_world import Eventually, World
from fake_vendor import FakeVendor, slowly
from upgrade import is_of
from version_before import unpacked_before

from xacthuc.otp.domain.challenge_id import ChallengeId

pytestmark = pytest.mark.engine

FOLDER = "services/xacthuc/otp/delivery"
PATIENCE = timedelta(seconds=120)
BATCH = 20
PRESENT = {"XACTHUC_LEASE_SECONDS": "20", "XACTHUC_DRAIN_SECONDS": "15"}
"""Longer than a machine that is shared stands still."""


@pytest.mark.timeout(300)
async def test_a_worker_of_the_version_before_is_replaced_and_every_code_goes_out_once(
    world: World, vendor: FakeVendor, eventually: Eventually, tmp_path: Path
) -> None:
    code = tmp_path / "before"
    code.mkdir()
    before = unpacked_before(FOLDER, code, changed=True)
    assert is_of(before, "xacthuc.otp.delivery.main", code)
    file = vendor.file(world.providers)
    file.write_text(file.read_text("utf-8").replace("timeout_seconds = 5.0", "timeout_seconds = 10.0"), "utf-8")
    vendor.otherwise = slowly(0.05)
    begun: dict[tuple[str, str], ChallengeId] = {}

    async def more(ready: Callable[[], bool]) -> None:
        """Starts codes until something is so, and one batch more."""
        last = False
        while not last:
            last = ready()
            for _ in range(BATCH):
                number = f"+8491{len(begun):03d}5678"
                identity = await world.start(number)
                begun[number, world.text(identity)] = identity
            await eventually(lambda: vendor.copies.total() >= len(begun) - BATCH, within=PATIENCE)

    with world.process(**PRESENT, **before) as old:
        await more(lambda: True)
        with world.process(**PRESENT) as new:
            await eventually(lambda: workers(world, 2), within=PATIENCE)
            await eventually(lambda: half(world), within=PATIENCE)
            await more(lambda: True)
            old.send_signal(signal.SIGTERM)
            await more(lambda: old.poll() is not None)
            await eventually(lambda: vendor.copies.total() >= len(begun), within=PATIENCE)
            new.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(new.wait, 60) == 0

    assert old.returncode == 0
    assert {text for _, text in vendor.copies} == {text for _, text in begun}
    assert set(vendor.copies.values()) == {1}
    assert {(await world.record(identity))["ds"] for identity in begun.values()} == {"S"}


async def workers(world: World, count: int) -> bool:
    """Whether so many share the partitions."""
    return int(await world.store.execute("ZCARD", "delivery:workers")) == count


async def half(world: World) -> bool:
    """Whether two of them hold about half each."""
    keys = await world.store.execute("KEYS", "*:lease", key="")
    held = Counter([await world.store.execute("HGET", key, "o") for key in keys])
    return len(held) == 2 and sum(held.values()) == 256
