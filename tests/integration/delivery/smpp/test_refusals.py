"""Centers that say no, or nothing."""

from __future__ import annotations

import asyncio

import pytest
from smsc import message

from xacthuc.otp.delivery.ports import Accepted, Left, Rejected

VENDOR = '[[rejected]]\nstatus = [0x401]\nreason = "number_inactive"\nfinal = true\n'


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (0x58, Rejected(reason="throttled", hold_ms=1000)),
        (0x14, Rejected(reason="throttled", hold_ms=1000)),
        (0x0B, Rejected(reason="number_invalid", final=True)),
        (0x0A, Rejected(reason="sender_refused")),
        (0x08, Rejected(reason="unavailable")),
        (0x45, Rejected(reason="refused")),
    ],
)
async def test_a_status_says_why_a_message_was_not_taken(center, tend, status, answer):
    await center.plan({"status": status})
    tended = await tend(center.port)
    assert await tended.provider.send(message()) == answer
    assert isinstance(await tended.provider.send(message()), Accepted), "the bind stands"


async def test_a_file_says_what_a_centers_own_status_means(node, tend):
    await node.plan({"status": 0x401}, {"status": 0x4FF})
    tended = await tend(node.port, VENDOR)
    assert await tended.provider.send(message()) == Rejected(reason="number_inactive", final=True)
    assert await tended.provider.send(message()) == Rejected(reason="refused")


async def test_a_unit_the_center_cannot_read_is_a_refusal(node, tend):
    await node.plan({"nack": 0x02})
    tended = await tend(node.port)
    assert await tended.provider.send(message()) == Rejected(reason="refused")
    assert tended.faults == ["nack"]


async def test_a_center_that_forgot_the_bind_is_bound_again(node, tend, eventually):
    await node.plan({"status": 0x04})
    tended = await tend(node.port)
    assert await tended.provider.send(message()) == Rejected(reason="unreachable")
    await eventually(lambda: tended.faults == ["lost"] and tended.binds == 1)
    assert isinstance(await tended.provider.send(message()), Accepted)


async def test_silence_leaves_doubt(node, tend):
    await node.plan({"silent": True})
    tended = await tend(node.port)
    assert await tended.provider.send(message()) == Rejected(reason="no_answer", left=Left.DOUBT)
    assert tended.faults == ["no_response"]


async def test_a_center_that_is_silent_about_everything_is_left_and_bound_again(node, tend, eventually):
    await node.plan({"silent": True})
    await node.do("set", to={"deaf": True})
    tended = await tend(node.port)
    await tended.provider.send(message())
    await eventually(lambda: "lost" in tended.faults)
    await node.do("set", to={"deaf": False})
    await eventually(lambda: tended.binds == 1)
    assert isinstance(await tended.provider.send(message()), Accepted)


async def test_an_accepted_message_without_an_id_is_accepted(node, tend):
    await node.plan({"noId": True})
    tended = await tend(node.port)
    sent = message()
    assert await tended.provider.send(sent) == Accepted(sent.id)


async def test_a_wrong_password_is_named_and_costs_nothing(center, tend):
    tended = await tend(center.port, password="wrong")
    assert await tended.provider.send(message()) == Rejected(reason="credentials_refused", left=Left.NOTHING)
    assert tended.faults == ["credentials_refused"]


async def test_a_bind_refused_for_another_reason_is_tried_again(node, tend, eventually):
    await node.do("set", to={"refuseBinds": 2})
    tended = await tend(node.port)
    assert await tended.provider.send(message()) == Rejected(reason="unreachable", left=Left.NOTHING)
    await eventually(lambda: tended.binds == 1)
    assert tended.faults == ["bind_refused", "bind_refused"]


async def test_no_more_submissions_are_under_way_than_the_window_holds(node, tend):
    tended = await tend(node.port, "window = 3\nresponse_seconds = 0.5")
    await node.plan(*[{"silent": True}] * 6)
    answers = asyncio.gather(*(tended.provider.send(message(number=number)) for number in range(6)))
    for _ in range(20):
        assert len(await node.submissions()) <= 3
    assert {answer.reason for answer in await answers} <= {"no_answer", "paced"}


async def test_a_message_that_finds_no_room_costs_nothing(node, tend):
    tended = await tend(node.port, "window = 1\nresponse_seconds = 0.5")
    await node.plan(*[{"silent": True}] * 2)
    first, second = await asyncio.gather(
        tended.provider.send(message(number=0)), tended.provider.send(message(number=1))
    )
    assert first == Rejected(reason="no_answer", left=Left.DOUBT)
    assert second in (Rejected(reason="paced", left=Left.NOTHING), Rejected(reason="no_answer", left=Left.DOUBT))
