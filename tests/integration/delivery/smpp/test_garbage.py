"""Centers, or whatever answers at their address, that send what is no SMPP."""

from __future__ import annotations

import asyncio
import os
import random
import struct

import pytest
import smsc
from smsc import message, next_unit, unit

from xacthuc.otp.delivery.ports import Accepted, Left, Rejected

BIND, SUBMIT, DELIVER, NACK, RESPONSE = 0x09, 0x04, 0x05, 0x80000000, 0x80000000
ROUNDS = 5000 if os.environ.get("XACTHUC_SOAK") else 200


def answering(*octets: bytes, submissions: int = 1) -> smsc.Behaviour:
    """Accepts the bind; answers the first submissions ever with `octets`, and later ones as it should."""
    left = [submissions]

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            command, sequence, _ = await next_unit(reader)
            if command == SUBMIT and left[0]:
                left[0] -= 1
                for part in octets:
                    writer.write(part)
                    await writer.drain()
            elif not command & RESPONSE:
                writer.write(unit(command | RESPONSE, sequence, b"1\0"))

    return behave


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="another protocol"),
        pytest.param(struct.pack(">IIII", 15, RESPONSE | SUBMIT, 0, 2), id="a length below the header's"),
        pytest.param(struct.pack(">IIII", 2**31, RESPONSE | SUBMIT, 0, 2), id="a length of gigabytes"),
        pytest.param(struct.pack(">IIII", 16, NACK, 3, 0), id="a complaint about nothing in particular"),
    ],
)
async def test_a_stream_out_of_step_is_left_and_the_message_is_in_doubt(tend, octets):
    async with smsc.bare(answering(octets)) as port:
        tended = await tend(port)
        assert await tended.provider.send(message()) == Rejected(reason="no_answer", left=Left.DOUBT)
        assert tended.faults[0] in {"malformed", "nack"}


async def test_what_cannot_be_read_is_answered_as_the_standard_says(tend, eventually):
    heard: list[tuple[int, int, bytes]] = []

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, sequence, _ = await next_unit(reader)
        writer.write(unit(BIND | RESPONSE, sequence, b"1\0"))
        writer.write(unit(0x7777, 41))
        writer.write(struct.pack(">IIII", 3, DELIVER, 0, 42))
        while True:
            heard.append(await next_unit(reader))

    async with smsc.bare(behave) as port:
        tended = await tend(port)
        await eventually(lambda: heard[:2] == [(NACK, 41, b""), (NACK, 0, b"")])
        assert tended.faults[:2] == ["unknown_command", "malformed"]


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(unit(RESPONSE | SUBMIT, 999, b"1\0"), id="an answer to no request"),
        pytest.param(unit(RESPONSE | 0x15, 2), id="an answer of another kind"),
        pytest.param(unit(RESPONSE | 0x7777, 2), id="an answer nobody knows"),
    ],
)
async def test_an_answer_that_fits_nothing_is_counted_and_passed_over(tend, octets):
    async with smsc.bare(answering(octets)) as port:
        tended = await tend(port)
        assert await tended.provider.send(message()) == Rejected(reason="no_answer", left=Left.DOUBT)
        assert tended.faults == ["unknown_response", "no_response"]
        assert isinstance(await tended.provider.send(message(number=1)), Accepted), "the bind stands"


async def test_a_complaint_that_comes_too_late_costs_no_other_message_its_answer(tend):
    async with smsc.bare(answering(struct.pack(">IIII", 16, NACK, 3, 999))) as port:
        tended = await tend(port)
        assert await tended.provider.send(message()) == Rejected(reason="no_answer", left=Left.DOUBT)
        assert tended.faults == ["nack", "no_response"]
        assert isinstance(await tended.provider.send(message(number=1)), Accepted), "the bind stands"


async def test_an_accepted_message_with_an_unreadable_id_is_accepted(tend):
    async with smsc.bare(answering(unit(RESPONSE | SUBMIT, 2, b"\xff" * 200))) as port:
        tended = await tend(port)
        sent = message()
        assert await tended.provider.send(sent) == Accepted(sent.id)
        assert tended.faults == ["malformed"]


@pytest.mark.parametrize("body", [b"", b"\0", b"\0\1\1x", b"x" * 300, b"\0\1\1\0\1\1\0\4\0\0\0\0\0\0\0\0\xff"])
async def test_a_delivery_that_cannot_be_read_is_acknowledged_so_that_it_is_not_repeated(tend, eventually, body):
    heard: list[tuple[int, int, bytes]] = []

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, sequence, _ = await next_unit(reader)
        writer.write(unit(BIND | RESPONSE, sequence, b"1\0") + unit(DELIVER, 5, body))
        while True:
            heard.append(await next_unit(reader))

    async with smsc.bare(behave) as port:
        tended = await tend(port)
        await eventually(lambda: heard == [(DELIVER | RESPONSE, 5, b"\0")])
        assert tended.faults == ["malformed_receipt"]


async def test_octets_that_come_one_by_one_are_one_unit(tend):
    answer = unit(RESPONSE | SUBMIT, 2, b"77\0")
    async with smsc.bare(answering(*(answer[at : at + 1] for at in range(len(answer))))) as port:
        tended = await tend(port)
        assert await tended.provider.send(message()) == Accepted("77")


async def test_no_octets_whatever_end_the_work_or_lose_a_messages_fate(tend, eventually):
    """Each round breaks into the conversation with other octets; `tend` checks that nothing was raised."""
    chance = random.Random(147)

    def broken() -> bytes:
        octets = bytearray(
            chance.choice(
                [
                    chance.randbytes(chance.randrange(1, 60)),
                    unit(RESPONSE | SUBMIT, 2, b"1\0"),
                    unit(DELIVER, 7, chance.randbytes(chance.randrange(40))),
                    unit(chance.getrandbits(32), chance.getrandbits(32), chance.randbytes(8)),
                ]
            )
        )
        octets[chance.randrange(len(octets))] = chance.randrange(256)
        return bytes(octets)

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, sequence, _ = await next_unit(reader)
        writer.write(unit(BIND | RESPONSE, sequence, b"1\0"))
        await next_unit(reader)
        for _ in range(4):
            writer.write(broken())
        await writer.drain()

    async with smsc.bare(behave) as port:
        for number in range(ROUNDS):
            tended = await tend(port)
            answer = await tended.provider.send(message(number=number))
            assert isinstance(answer, (Accepted, Rejected))
            assert not tended.task.done()
            await tended.end()
