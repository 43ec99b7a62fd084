"""A whole worker with a message center as its only provider, over a real store."""

from __future__ import annotations

import pytest
import smsc
from delivery_world import SOON


@pytest.mark.parametrize("step", [{}, {"early": True}])
async def test_a_code_goes_out_once_and_is_known_to_have_arrived(center, world, eventually, step):
    smsc.file(world.providers, center.port)
    await center.plan(step)
    async with world.working(inbox_file=None):
        identity = await world.start()

        async def delivered() -> bool:
            return await world.state(identity) == "D"

        await eventually(delivered, within=SOON)
    assert len(await center.submissions()) == 1


async def test_a_receipt_that_reaches_another_worker_finds_its_message(node, world, eventually):
    smsc.file(world.providers, node.port)
    async with world.working(inbox_file=None), world.working(inbox_file=None):

        async def bound() -> bool:
            return (await node.report())["bound"] == 2

        await eventually(bound, within=SOON)
        await node.plan({"elsewhere": True})
        identity = await world.start()

        async def delivered() -> bool:
            return await world.state(identity) == "D"

        await eventually(delivered, within=SOON)


async def test_a_message_waits_for_a_center_that_is_away(node, world, eventually):
    smsc.file(world.providers, node.port)
    await node.do("set", to={"refuseBinds": 2})
    async with world.working(inbox_file=None):
        identity = await world.start()

        async def delivered() -> bool:
            return await world.state(identity) == "D"

        await eventually(delivered, within=SOON)
    assert len(await node.submissions()) == 1


async def test_operations_see_the_binds_and_what_ends_them(node, world, eventually):
    smsc.file(world.providers, node.port)
    async with world.working(inbox_file=None) as running:
        metrics = running.receipts.metrics

        def binds() -> float | None:
            return metrics.registry.get_sample_value("xacthuc_smpp_binds", {"provider": "center"})

        await eventually(lambda: binds() == 1, within=SOON)
        await node.do("drop")
        await eventually(lambda: metrics.smpp_faults.value("center", "lost") == 1, within=SOON)
        await eventually(lambda: binds() == 1, within=SOON)


async def test_a_worker_that_stops_first_sends_what_waits_for_its_turn(node, world, eventually):
    smsc.file(world.providers, node.port, "per_second = 5.0")
    async with world.working(inbox_file=None) as running:
        identities = [await world.start(f"+8491234567{number}") for number in range(3)]

        async def first_is_out() -> bool:
            return len(await node.submissions()) >= 1

        await eventually(first_is_out, within=SOON)
        running.stop.set()
    assert len(await node.submissions()) == len(identities)
