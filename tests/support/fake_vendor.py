"""A vendor of messages or calls whose behaviour a test decides, request by request; see fake_http.py."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import fake_http
from fake_http import Asked, FakeHttp, post, reply

if TYPE_CHECKING:
    from pathlib import Path

Behaviour = Callable[["FakeVendor", dict[str, Any], asyncio.StreamWriter], Awaitable[None]]


@dataclass
class FakeVendor(FakeHttp):
    """What it received, and what it does next: `script` first, `otherwise` when that is empty."""

    received: list[dict[str, Any]] = field(default_factory=list)
    script: deque[Behaviour] = field(default_factory=deque)
    otherwise: Behaviour = None  # type: ignore[assignment]  # set below
    receipts_to: str = ""
    """Where receipts go of what was accepted, such as `http://127.0.0.1:8080/receipts/vendor`; empty: nowhere."""
    receipts: list[int] = field(default_factory=list)
    """How each of them was answered."""
    headers: list[dict[str, str]] = field(default_factory=list)
    """Of each request."""

    def __post_init__(self) -> None:
        self.otherwise = self.otherwise or accept

    @property
    def copies(self) -> Counter[tuple[str, str]]:
        """How often each text went to each number."""
        return Counter((message["to"], message["text"]) for message in self.received)

    def behave(self, do: str, *, times: int | None = None) -> None:
        """Does something of `BEHAVIOURS` the next `times`, or from now on."""
        if times is None:
            self.otherwise = BEHAVIOURS[do]
        else:
            self.script.extend([BEHAVIOURS[do]] * times)

    async def handle(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self.headers.append(asked.headers)
        behaviour = self.script.popleft() if self.script else self.otherwise
        await behaviour(self, asked.fields, writer)

    async def tell(self, receipt: Any, **signing: Any) -> int:
        """Posts a receipt, signed, and returns how it was answered."""
        body = receipt if isinstance(receipt, bytes) else json.dumps(receipt).encode()
        status = await post(self.receipts_to, body, signed(body, **signing))
        self.receipts.append(status)
        return status

    def file(
        self, directory: Path, name: str = "vendor", *, weight: int = 100, extra: str = "", channel: str = "SMS"
    ) -> Path:
        """Writes the gateway file by which a worker uses this vendor."""
        directory.mkdir(exist_ok=True)
        (directory / f"{name}.secret").write_text("s3cret\n")
        path = directory / f"{name}.toml"
        path.write_text(
            f"""
name = "{name}"
channels = ["{channel}"]
weight = {weight}
[secrets]
key = "{directory / f"{name}.secret"}"
[request]
url = "http://127.0.0.1:{self.port}/send"
timeout_seconds = 5.0
[request.headers]
X-Api-Key = "{{secret.key}}"
[body]
to = "{{to}}"
text = "{{text}}"
ref = "{{message_id}}"
[accepted]
path = "code"
equals = ["0"]
message_id = "id"
[[rejected]]
path = "code"
equals = ["7"]
reason = "number_inactive"
final = true
[receipts]
scheme = "hmac_sha256"
secret = "key"
id = "id"
status = "state"
delivered = ["ok"]
failed = ["bad"]
inactive = ["gone"]
{extra}
"""
        )
        return path


def answer(status: int, body: Any, headers: str = "") -> Behaviour:
    """Answers without sending."""

    async def behave(_vendor: FakeVendor, _message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        reply(writer, status, body, headers)

    return behave


def raw(content: bytes) -> Behaviour:
    """Sends, and answers bytes that need not be HTTP at all."""

    async def behave(vendor: FakeVendor, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        vendor.received.append(message)
        writer.write(content)
        writer.close()

    return behave


async def accept_only(vendor: FakeVendor, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    """Says that it sends; nothing is ever heard of the message again."""
    vendor.received.append(message)
    reply(writer, 200, {"code": 0, "id": _last_id(vendor)})


def accept_and_tell(*receipts: Callable[[str], Any], after_seconds: float = 0.0) -> Behaviour:
    """Sends, says so, and posts receipts made of the id, one after the other."""

    async def behave(vendor: FakeVendor, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await accept_only(vendor, message, writer)
        if vendor.receipts_to:
            vendor.later(tell_all(vendor, _last_id(vendor)))

    async def tell_all(vendor: FakeVendor, identity: str) -> None:
        await asyncio.sleep(after_seconds)
        for receipt in receipts:
            await vendor.tell(receipt(identity))

    return behave


accept = accept_and_tell(lambda identity: {"id": identity, "state": "ok"})
"""Sends, says so, and reports it where there is somebody to report to."""


async def send_and_fall_silent(vendor: FakeVendor, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    """Sends and never answers."""
    vendor.received.append(message)
    await asyncio.sleep(30)


async def send_and_hang_up(vendor: FakeVendor, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    """Sends and breaks the connection."""
    vendor.received.append(message)
    writer.transport.abort()


async def send_and_break_off(vendor: FakeVendor, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    """Sends and breaks the connection in the middle of its answer."""
    vendor.received.append(message)
    fake_http.break_off(writer)


async def send_and_drip(vendor: FakeVendor, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    """Sends and answers a byte at a time."""
    vendor.received.append(message)
    await fake_http.drip(writer)


def send_and_answer(status: int, body: Any, headers: str = "") -> Behaviour:
    """Sends and answers something else than it should."""

    async def behave(vendor: FakeVendor, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        vendor.received.append(message)
        reply(writer, status, body, headers)

    return behave


def slowly(seconds: float) -> Behaviour:
    """Sends after a while."""

    async def behave(vendor: FakeVendor, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await accept(vendor, message, writer)

    return behave


def _receipt(state: str) -> Callable[[str], Any]:
    return lambda identity: {"id": identity, "state": state}


BEHAVIOURS: dict[str, Behaviour] = {
    "ok": accept,
    "accept_only": accept_only,
    "late": accept_and_tell(_receipt("ok"), after_seconds=2.0),
    "duplicate": accept_and_tell(*[_receipt("ok")] * 3),
    "unknown": accept_and_tell(lambda identity: {"id": f"not-{identity}", "state": "ok"}),
    "malformed": accept_and_tell(lambda _identity: b'{"id": \xff'),
    "undelivered": accept_and_tell(_receipt("bad")),
    "hang": send_and_fall_silent,
    "close": send_and_break_off,
    "abort": send_and_hang_up,
    "drip": send_and_drip,
    "garbage": send_and_answer(200, b"\x00\xff<html>"),
    "error": answer(500, {}),
    "unavailable": answer(503, {}, "Retry-After: 1\r\n"),
    "throttle": answer(429, {}, "Retry-After: 1\r\n"),
    "refuse": answer(400, {}),
    "inactive": answer(200, {"code": 7}),
}
"""What it can be told to do by name. From `hang` to `garbage` it sends and says nothing that can be read; after them it
sends nothing and says so more or less clearly."""


def signed(body: bytes, *, secret: bytes = b"s3cret", at_seconds: int | None = None) -> dict[str, str]:
    """Returns the headers of a receipt as the vendor signs it."""
    timestamp = str(int(time.time()) if at_seconds is None else at_seconds)
    signature = hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Signature": signature, "X-Timestamp": timestamp}


def _last_id(vendor: FakeVendor) -> str:
    return f"m{len(vendor.received)}"
