"""The HTTP gateway against a vendor on a real socket: what leaves, and how each answer is taken."""

from __future__ import annotations

import asyncio
import base64
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from fake_vendor import FakeVendor, accept, answer, send_and_answer, send_and_fall_silent, send_and_hang_up

from xacthuc.clock import SystemClock
from xacthuc.otp.delivery.adapters.http_gateway import opened_gateway
from xacthuc.otp.delivery.ports import Accepted, Channel, Left, Message, Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from xacthuc.otp.delivery.adapters.http_gateway import HttpGateway

MESSAGE = Message(
    id="mine", to="+84912345678", channel=Channel.SMS, text='Forum: "123456"', code="123456", brand="Forum"
)


@asynccontextmanager
async def gateway(vendor: FakeVendor, tmp_path: Path, *changes: tuple[str, str]) -> AsyncIterator[HttpGateway]:
    path = vendor.file(tmp_path)
    for old, new in changes:
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    async with opened_gateway(path, SystemClock()) as opened:
        yield opened


@pytest.mark.parametrize(("form", "spelled"), [("84", "84912345678"), ("0", "0912345678"), ("+84", "+84912345678")])
async def test_numbers_are_written_as_the_vendor_wants_them(
    vendor: FakeVendor, tmp_path: Path, form: str, spelled: str
) -> None:
    async with gateway(
        vendor, tmp_path, ("[request.headers]", f'number_format = "{form}"\n[request.headers]')
    ) as opened:
        assert await opened.send(MESSAGE) == Accepted("m1")
    assert vendor.received == [{"to": spelled, "text": 'Forum: "123456"', "ref": "mine"}]


async def test_an_answer_without_an_id_is_known_by_ours(vendor: FakeVendor, tmp_path: Path) -> None:
    vendor.otherwise = answer(200, {"code": "0"})
    async with gateway(vendor, tmp_path) as opened:
        assert await opened.send(MESSAGE) == Accepted("mine")


@pytest.mark.parametrize(
    ("status", "body", "headers", "expected"),
    [
        (200, {"code": 7}, "", Rejected(reason="number_inactive", final=True)),
        (429, {}, "Retry-After: 3\r\n", Rejected(reason="throttled", hold_ms=3000)),
        (503, {}, "", Rejected(reason="unavailable")),
        (401, {}, "", Rejected(reason="credentials_refused")),
        (404, {}, "", Rejected(reason="refused")),
        (302, {}, "Location: http://127.0.0.1:1/\r\n", Rejected(reason="refused")),
        (200, {"code": "?"}, "", Rejected(reason="unclear_answer", left=Left.DOUBT)),
        (200, b"<html>", "", Rejected(reason="unclear_answer", left=Left.DOUBT)),
        (500, {}, "", Rejected(reason="unclear_answer", left=Left.DOUBT)),
        (502, {}, "", Rejected(reason="unclear_answer", left=Left.DOUBT)),
    ],
)
async def test_a_no_is_told_from_a_doubt(
    vendor: FakeVendor, tmp_path: Path, *, status: int, body: Any, headers: str, expected: Rejected
) -> None:
    vendor.otherwise = answer(status, body, headers)
    async with gateway(vendor, tmp_path) as opened:
        assert await opened.send(MESSAGE) == expected


@pytest.mark.parametrize("broken", [send_and_fall_silent, send_and_hang_up, send_and_answer(200, b"x" * 70_000)])
async def test_what_breaks_after_the_request_leaves_a_doubt(vendor: FakeVendor, tmp_path: Path, broken: Any) -> None:
    vendor.otherwise = broken
    async with gateway(vendor, tmp_path) as opened:
        result = await opened.send(MESSAGE)
    assert isinstance(result, Rejected)
    assert result.left is Left.DOUBT
    assert vendor.asked == 1


async def test_a_vendor_that_is_not_there_never_saw_it(vendor: FakeVendor, tmp_path: Path) -> None:
    async with gateway(vendor, tmp_path) as opened:
        await vendor.close()
        assert await opened.send(MESSAGE) == Rejected(reason="unreachable", left=Left.NOTHING)


async def test_a_certificate_nobody_vouches_for_is_refused(vendor: FakeVendor, tmp_path: Path) -> None:
    async with gateway(vendor, tmp_path, ("http://", "https://")) as opened:
        assert await opened.send(MESSAGE) == Rejected(reason="unreachable", left=Left.NOTHING)
    assert vendor.received == []


async def test_forms_queries_and_basic_authentication_are_spoken(tmp_path: Path) -> None:
    seen = asyncio.Queue[bytes]()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.splitlines() if line.lower().startswith(b"content-length"))
        seen.put_nowait(head + await reader.readexactly(length))
        writer.write(b'HTTP/1.1 200 x\r\ncontent-length: 22\r\n\r\n{"code":"0","id":"m1"}')
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        vendor = FakeVendor(port=server.sockets[0].getsockname()[1])
        more = (
            'format = "form"\nusername = "me"\npassword = "{secret.key}"\n'
            '[request.query]\nsender = "{sender}"\n[request.headers]'
        )
        async with gateway(vendor, tmp_path, ("[request.headers]", more)) as opened:
            assert await opened.send(MESSAGE) == Accepted("m1")

    request = seen.get_nowait()
    assert request.startswith(b"POST /send?sender=Forum HTTP/1.1\r\n")
    assert base64.b64encode(b"me:s3cret") in request
    assert request.endswith(b"to=84912345678&text=Forum%3A+%22123456%22&ref=mine")


async def test_connections_are_kept_for_the_next_message(vendor: FakeVendor, tmp_path: Path) -> None:
    vendor.otherwise = accept
    async with gateway(vendor, tmp_path) as opened:
        for _ in range(3):
            assert isinstance(await opened.send(MESSAGE), Accepted)
    assert vendor.connections == 1
