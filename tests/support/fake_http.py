"""A server on a loopback port whose behaviour a test decides, request by request. It speaks just enough HTTP/1.1.

What it does next can be said from the test, or from another process over its own port: `POST /_behave` with
`{"do": "hang", "times": 3}`; without `times`, from now on.
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

CONTROL = "/_behave"


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes

    @property
    def fields(self) -> dict[str, Any]:
        """What it says, written as a form or as JSON."""
        if "form" in self.headers.get("content-type", ""):
            return dict(parse_qsl(self.body.decode()))
        return cast("dict[str, Any]", json.loads(self.body)) if self.body else {}


@dataclass
class FakeHttp(ABC):
    """Listens and reads requests; what they are answered with is `handle`."""

    port: int = 0
    connections: int = 0
    asked: int = 0
    """Requests that came, whatever became of them."""
    _server: asyncio.Server | None = None
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    @abstractmethod
    async def handle(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        """Answers one request, or does something worse."""

    def behave(self, do: str, *, times: int | None = None) -> None:
        """Does something by name the next `times`, or from now on. One that knows no names refuses all."""
        raise ValueError(f"{type(self).__name__} knows no behaviour {do!r} (times: {times})")

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

    def later(self, work: Any) -> None:
        """Runs something beside, until `close`."""
        self._track(asyncio.create_task(work))

    def _track(self, task: asyncio.Task[None]) -> None:
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._track(cast("asyncio.Task[None]", asyncio.current_task()))
        try:
            while True:
                asked = await _read(reader)
                if asked.path == CONTROL:
                    order = json.loads(asked.body)
                    self.behave(order["do"], times=order.get("times"))
                    reply(writer, 200, {})
                else:
                    self.asked += 1
                    await self.handle(asked, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the other end left
        except asyncio.CancelledError:
            # `close` was called. Python 3.11 would log a canceled handler as a fault, and TLS would wait half a minute for
            # the other end's farewell.
            writer.transport.abort()
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


def reply(writer: asyncio.StreamWriter, status: int, body: Any, headers: str = "") -> None:
    """Answers with bytes as they are, anything else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    writer.write(f"HTTP/1.1 {status} x\r\ncontent-length: {len(content)}\r\n{headers}\r\n".encode() + content)


def break_off(writer: asyncio.StreamWriter) -> None:
    """Begins an answer and breaks the connection in the middle of it."""
    writer.write(b'HTTP/1.1 200 x\r\ncontent-length: 400\r\n\r\n{"code": 0, "er')
    writer.close()


async def drip(writer: asyncio.StreamWriter) -> None:
    """Answers, a byte at a time, until somebody has had enough."""
    writer.write(b"HTTP/1.1 200 x\r\ncontent-length: 4000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Posts to `url` as a provider does with a receipt, and returns the status; 0 when nobody listens there."""
    parts = urlsplit(url)
    try:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    except ConnectionError:
        return 0
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\nconnection: close\r\ncontent-length: {len(body)}\r\n"
    writer.write(f"{head}{lines}\r\n".encode() + body)
    try:
        return int((await reader.readline()).split()[1])
    except (ConnectionError, IndexError):
        return 0
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Asked:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, path, headers, body)
