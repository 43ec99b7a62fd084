"""Connections that end, at the worst moments."""

from __future__ import annotations

import asyncio

import pytest
import smsc
from smsc import message

from xacthuc.embedded.ports import free_port
from xacthuc.otp.delivery.ports import Accepted, Left, Rejected

SUBMIT, UNBIND = 0x04, 0x06


async def test_a_connection_that_ends_is_made_again(center, tend, eventually):
    tended = await tend(center.port)
    await tended.provider.send(message())
    await center.do("drop")
    await eventually(lambda: tended.faults == ["lost"] and tended.binds == 1)
    assert isinstance(await tended.provider.send(message(number=1)), Accepted)


async def test_a_center_that_unbinds_is_bound_again(center, tend, eventually):
    tended = await tend(center.port)
    await tended.provider.send(message())
    await center.do("unbind")
    await eventually(lambda: tended.faults == ["lost"] and tended.binds == 1)
    assert isinstance(await tended.provider.send(message(number=1)), Accepted)


async def test_a_connection_lost_before_the_answer_leaves_doubt(center, tend):
    await center.plan({"drop": "before"})
    tended = await tend(center.port)
    assert await tended.provider.send(message()) == Rejected(reason="no_answer", left=Left.DOUBT)


async def test_a_connection_lost_in_the_middle_of_the_answer_leaves_doubt(node, tend):
    await node.plan({"drop": "half"})
    tended = await tend(node.port)
    assert await tended.provider.send(message()) == Rejected(reason="no_answer", left=Left.DOUBT)
    assert len(await node.submissions()) == 1


async def test_every_message_under_way_gets_its_fate_when_the_connection_ends(node, tend):
    tended = await tend(node.port)
    await node.plan(*[{"silent": True}] * 4, {"drop": "before"})
    answers = await asyncio.gather(*(tended.provider.send(message(number=number)) for number in range(5)))
    assert set(answers) == {Rejected(reason="no_answer", left=Left.DOUBT)}


async def test_nobody_there_costs_nothing(tend, unused_port):
    tended = await tend(unused_port)
    assert await tended.provider.send(message()) == Rejected(reason="unreachable", left=Left.NOTHING)


async def test_a_center_that_comes_later_is_found(tend, unused_port, eventually):
    tended = await tend(unused_port)
    await eventually(lambda: tended.faults == ["unreachable"])
    async with smsc.bare(smsc.accept_all, port=unused_port):
        await eventually(lambda: tended.binds == 1)


async def test_a_center_that_takes_the_connection_and_says_nothing_is_nobody(tend, eventually):
    async with smsc.bare(smsc.say_nothing) as port:
        tended = await tend(port)
        assert await tended.provider.send(message()) == Rejected(reason="unreachable", left=Left.NOTHING)
        await eventually(lambda: tended.faults)
        assert tended.faults[0] == "no_response"


async def test_nothing_is_submitted_on_a_bind_that_is_being_ended(tend, eventually):
    """What waits for its turn while the worker leaves was never sent, and another provider may have it."""
    heard: list[int] = []

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            command, sequence, _ = await smsc.next_unit(reader)
            heard.append(command)
            if command != UNBIND:
                writer.write(smsc.unit(command | 0x80000000, sequence, b"1\0"))

    async with smsc.bare(behave) as port:
        tended = await tend(port, "per_second = 2.5")
        await tended.provider.send(message())
        waiting = asyncio.create_task(tended.provider.send(message(number=1)))
        await eventually(lambda: heard[-1:] == [SUBMIT])
        ending = asyncio.create_task(tended.end())
        assert await waiting == Rejected(reason="unreachable", left=Left.NOTHING)
        await ending
    assert heard.count(SUBMIT) == 1


async def test_one_bind_carries_on_when_another_ends(node, tend, eventually):
    tended = await tend(node.port, "binds = 2")
    await eventually(lambda: tended.binds == 2)
    await node.plan({"drop": "before"})
    assert await tended.provider.send(message()) == Rejected(reason="no_answer", left=Left.DOUBT)
    assert isinstance(await tended.provider.send(message(number=1)), Accepted)
    await eventually(lambda: tended.binds == 2)


@pytest.fixture
def unused_port() -> int:
    """A port nobody listens on."""
    return free_port()
