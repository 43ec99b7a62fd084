"""An SMS vendor on a loopback port whose behaviour a test decides, request by request. It speaks just enough HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pathlib import Path

Behaviour = Callable[["FakeVendor", dict[str, Any], asyncio.StreamWriter], Awaitable[None]]


@dataclass
class FakeVendor:
    """What it received, and what it does next: `script` first, `otherwise` when that is empty."""

    received: list[dict[str, Any]] = field(default_factory=list)
    script: deque[Behaviour] = field(default_factory=deque)
    otherwise: Behaviour = None  # type: ignore[assignment]  # set below
    port: int = 0
    connections: int = 0
    asked: int = 0
    """Requests that came, whatever became of them."""
    _server: asyncio.Server | None = None
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.otherwise = self.otherwise or accept

    async def open(self) -> None:
        """Listens, on the same port again after `close`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, reuse_address=True)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuses connections from now on, and breaks those that stand."""
        if self._server is not None:
            self._server.close()
            self._server = None
        serving = list(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    @property
    def copies(self) -> Counter[tuple[str, str]]:
        """How often each text went to each number."""
        return Counter((message["to"], message["text"]) for message in self.received)

    def file(self, directory: Path, name: str = "vendor", *, weight: int = 100, extra: str = "") -> Path:
        """Writes the gateway file by which a worker uses this vendor."""
        directory.mkdir(exist_ok=True)
        (directory / f"{name}.secret").write_text("s3cret\n")
        path = directory / f"{name}.toml"
        path.write_text(
            f"""
name = "{name}"
channels = ["SMS"]
weight = {weight}
[secrets]
key = "{directory / f"{name}.secret"}"
[request]
url = "http://127.0.0.1:{self.port}/send"
timeout_seconds = 1.0
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

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(
                    (
                        int(line.split(":")[1])
                        for line in head.splitlines()
                        if line.lower().startswith("content-length")
                    ),
                    0,
                )
                message = json.loads(await reader.readexactly(length))
                self.asked += 1
                behaviour = self.script.popleft() if self.script else self.otherwise
                await behaviour(self, message, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


def answer(status: int, body: Any, headers: str = "") -> Behaviour:
    """Answers without sending."""

    async def behave(_vendor: FakeVendor, _message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        _reply(writer, status, body, headers)

    return behave


async def accept(vendor: FakeVendor, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    """Sends and says so."""
    vendor.received.append(message)
    _reply(writer, 200, {"code": 0, "id": f"m{len(vendor.received)}"})


async def send_and_fall_silent(vendor: FakeVendor, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    """Sends and never answers."""
    vendor.received.append(message)
    await asyncio.sleep(30)


async def send_and_hang_up(vendor: FakeVendor, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    """Sends and breaks the connection."""
    vendor.received.append(message)
    writer.transport.abort()


def send_and_answer(status: int, body: Any) -> Behaviour:
    """Sends and answers something else than it should."""

    async def behave(vendor: FakeVendor, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        vendor.received.append(message)
        _reply(writer, status, body)

    return behave


def slowly(seconds: float) -> Behaviour:
    """Sends after a while."""

    async def behave(vendor: FakeVendor, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await accept(vendor, message, writer)

    return behave


def signed(body: bytes, *, secret: bytes = b"s3cret", at_seconds: int | None = None) -> dict[str, str]:
    """Returns the headers of a receipt as the vendor signs it."""
    timestamp = str(int(time.time()) if at_seconds is None else at_seconds)
    signature = hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Signature": signature, "X-Timestamp": timestamp}


def _reply(writer: asyncio.StreamWriter, status: int, body: Any, headers: str = "") -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    writer.write(f"HTTP/1.1 {status} x\r\ncontent-length: {len(content)}\r\n{headers}\r\n".encode() + content)
