"""The HTTP gateway against a vendor on a real socket: what leaves, and how each answer is taken."""

from __future__ import annotations

import asyncio
import base64
import gzip
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fake_vendor import FakeVendor, accept, answer, raw, send_and_answer, send_and_fall_silent, send_and_hang_up

from xacthuc.clock import SystemClock
from xacthuc.otp.delivery.adapters.http_gateway import opened_gateway
from xacthuc.otp.delivery.adapters.paced import Paced
from xacthuc.otp.delivery.ports import Accepted, Channel, Left, Message, Rejected
from xacthuc.telemetry import tracing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from xacthuc.otp.delivery.adapters.http_gateway import HttpGateway

MESSAGE = Message(
    id="mine", to="+84912345678", channel=Channel.SMS, text='Forum: "123456"', code="123456", brand="Forum"
)

ACCEPTED = '[accepted]\npath = "code"\nequals = ["0"]\n'


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


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        ("hang", Rejected(reason="no_answer", left=Left.DOUBT)),
        ("close", Rejected(reason="no_answer", left=Left.DOUBT)),
        ("abort", Rejected(reason="no_answer", left=Left.DOUBT)),
        ("drip", Rejected(reason="no_answer", left=Left.DOUBT)),
        ("garbage", Rejected(reason="unclear_answer", left=Left.DOUBT)),
        ("error", Rejected(reason="unclear_answer", left=Left.DOUBT)),
        ("unavailable", Rejected(reason="unavailable", hold_ms=1000)),
        ("throttle", Rejected(reason="throttled", hold_ms=1000)),
        ("refuse", Rejected(reason="refused")),
    ],
)
async def test_a_vendor_that_misbehaves_is_survived(
    vendor: FakeVendor, tmp_path: Path, *, do: str, expected: Rejected
) -> None:
    async with gateway(vendor, tmp_path) as opened:
        vendor.behave(do, times=1)
        assert await opened.send(MESSAGE) == expected
        assert isinstance(await opened.send(MESSAGE), Accepted)


@pytest.mark.parametrize(
    ("headers", "hold_ms"),
    [("Retry-After: 999999\r\n", 999_999_000), (f"Retry-After: {'9' * 5000}\r\n", 0), ("Retry-After: \u00b2\r\n", 0)],
)
async def test_an_absurd_wait_is_not_believed(
    vendor: FakeVendor, tmp_path: Path, *, headers: str, hold_ms: int
) -> None:
    vendor.otherwise = answer(429, {}, headers)
    async with gateway(vendor, tmp_path) as opened:
        assert await opened.send(MESSAGE) == Rejected(reason="throttled", hold_ms=hold_ms)


@pytest.mark.parametrize("packed", [gzip.compress(b'{"code":0}'), b"not packed at all"], ids=["packed", "not"])
async def test_an_answer_that_nobody_asked_to_be_packed_is_not_unpacked(
    vendor: FakeVendor, tmp_path: Path, packed: bytes
) -> None:
    vendor.otherwise = send_and_answer(200, packed, "Content-Encoding: gzip\r\n")
    async with gateway(vendor, tmp_path) as opened:
        assert await opened.send(MESSAGE) == Rejected(reason="unclear_answer", left=Left.DOUBT)


@pytest.mark.parametrize("location", ["http://[", "https://x y/", "\u00ff", "/elsewhere"])
async def test_a_redirect_is_not_so_much_as_read(vendor: FakeVendor, tmp_path: Path, location: str) -> None:
    vendor.otherwise = answer(302, {}, f"Location: {location}\r\n")
    async with gateway(vendor, tmp_path) as opened:
        assert await opened.send(MESSAGE) == Rejected(reason="refused")
    assert vendor.asked == 1


async def test_what_a_vendor_wants_remembered_is_not_sent_with_the_next_message(
    vendor: FakeVendor, tmp_path: Path
) -> None:
    vendor.otherwise = send_and_answer(200, {"code": 0}, "Set-Cookie: who=somebody\r\n")
    async with gateway(vendor, tmp_path) as opened:
        await opened.send(MESSAGE)
        await opened.send(MESSAGE)
    assert "cookie" not in vendor.headers[1]


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"HTTP/1.1 200\r\n\r\n", b"HTTP/1.1 200 OK\r\nx\r\n\r\n"])
async def test_what_is_not_http_leaves_a_doubt(vendor: FakeVendor, tmp_path: Path, content: bytes) -> None:
    vendor.otherwise = raw(content)
    async with gateway(vendor, tmp_path) as opened:
        result = await opened.send(MESSAGE)
    assert isinstance(result, Rejected)
    assert result.left is Left.DOUBT


async def test_texts_of_any_letters_and_lines_arrive_as_they_are(vendor: FakeVendor, tmp_path: Path) -> None:
    spoken = "Mã xác thực của bạn là: một, hai, ba.\nXin nhắc lại: một, hai, ba. " + "ố" * 400
    async with gateway(vendor, tmp_path) as opened:
        await opened.send(replace(MESSAGE, text=spoken))
    assert vendor.received[0]["text"] == spoken


async def test_each_operator_is_told_the_sender_it_knows(vendor: FakeVendor, tmp_path: Path) -> None:
    own = (
        'sender = "{sender}"\ntemplate = "{text_id}"\nlanguage = "{locale}/{speech_locale}"\n[accepted]',
        '[senders]\nviettel = "FORUM-VT"\n[receipts]',
    )
    message = replace(MESSAGE, text_id="T1", locale="en")
    async with gateway(vendor, tmp_path, ("[accepted]", own[0]), ("[receipts]", own[1])) as opened:
        await opened.send(replace(message, operator="viettel"))
        await opened.send(replace(message, operator="mobifone"))
    told = [(sent["sender"], sent["template"], sent["language"]) for sent in vendor.received]
    assert told == [("FORUM-VT", "T1", "en/en-US"), ("Forum", "T1", "en/en-US")]


async def test_a_no_that_the_file_describes_is_a_no_although_the_status_alone_would_be_a_yes(
    vendor: FakeVendor, tmp_path: Path
) -> None:
    vendor.behave("inactive")
    async with gateway(vendor, tmp_path, (ACCEPTED, "[accepted]\n")) as opened:
        assert await opened.send(MESSAGE) == Rejected(reason="number_inactive", final=True)


async def test_a_no_that_the_file_describes_still_says_for_how_long(vendor: FakeVendor, tmp_path: Path) -> None:
    vendor.otherwise = answer(429, {"code": 7}, "Retry-After: 3\r\n")
    async with gateway(vendor, tmp_path, ("final = true", "")) as opened:
        assert await opened.send(MESSAGE) == Rejected(reason="number_inactive", hold_ms=3000)


async def test_a_vendor_that_keeps_the_texts_itself_gets_no_notices(vendor: FakeVendor, tmp_path: Path) -> None:
    async with gateway(vendor, tmp_path, ("{text}", "{code}")) as opened:
        assert opened.takes(MESSAGE)
        assert not opened.takes(replace(MESSAGE, code=""))


async def test_a_no_of_the_channel_is_no_no_of_the_number(vendor: FakeVendor, tmp_path: Path) -> None:
    vendor.behave("inactive")
    async with gateway(vendor, tmp_path, ("final = true", "channel_final = true")) as opened:
        assert await opened.send(MESSAGE) == Rejected(reason="number_inactive", channel_final=True)


class Kept:
    """Keeps nothing of the spans it is given."""

    def record(self, span: tracing.Span) -> None:
        pass


async def test_a_recorded_trace_goes_on_to_the_vendor_and_another_does_not(vendor: FakeVendor, tmp_path: Path) -> None:
    tracing.deactivate()
    async with gateway(vendor, tmp_path) as opened:
        await opened.send(MESSAGE)
        with tracing.Span("step", tracing.Tracer(Kept(), 1.0).root(), tracing.Kind.CLIENT) as step:
            await opened.send(MESSAGE)
    without, with_trace = vendor.headers
    assert "traceparent" not in without
    assert with_trace["traceparent"] == f"00-{step.context.trace_id_hex}-{step.context.span_id:016x}-01"


async def test_a_pace_is_kept_by_workers_together() -> None:
    async def work(paced: Paced) -> None:
        for _ in range(5):
            assert await paced.turn() is None

    workers = [Paced(200.0) for _ in range(2)]
    for paced in workers:
        paced.divide_among(lambda: 2)
    started = time.monotonic()
    await asyncio.gather(*(work(paced) for paced in workers))
    assert time.monotonic() - started >= 4 / 100


async def test_a_worker_that_joins_counts_from_the_next_turn_on() -> None:
    paced, alive = Paced(200.0), 1
    paced.divide_among(lambda: alive)
    await paced.turn()
    alive = 10
    started = time.monotonic()
    for _ in range(3):
        await paced.turn()
    assert time.monotonic() - started >= 2 * 10 / 200


async def test_a_turn_that_is_far_off_is_not_waited_for_even_by_the_first_in_line() -> None:
    paced = Paced(0.2)
    assert await paced.turn() is None
    assert await paced.turn() == Rejected(reason="paced", left=Left.NOTHING)


async def test_whoever_would_wait_too_long_for_a_turn_is_sent_elsewhere() -> None:
    paced = Paced(1.0)
    waiting = [asyncio.create_task(paced.turn()) for _ in range(4)]
    await asyncio.sleep(0)
    assert await paced.turn() == Rejected(reason="paced", left=Left.NOTHING)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
