"""A receiver of webhooks whose behaviour a test decides, request by request; see fake_http.py."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from fake_http import Asked, FakeHttp, drip, reply

Behaviour = Callable[["WebhookReceiver", asyncio.StreamWriter], Awaitable[None]]


@dataclass
class WebhookReceiver(FakeHttp):
    """What it received, and what it does next: `script` first, `otherwise` when that is empty."""

    certificate: tuple[Path, Path] | None = None
    """Of TLS: the chain and its key. None: plaintext."""
    received: list[Asked] = field(default_factory=list)
    script: deque[Behaviour] = field(default_factory=deque)
    otherwise: Behaviour = None  # type: ignore[assignment]  # set below

    def __post_init__(self) -> None:
        self.otherwise = self.otherwise or accept

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}/hooks?for=xacthuc"

    async def open(self) -> None:
        """Listens, over TLS where it has a certificate."""
        if self.certificate is None:
            await super().open()
            return
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    def behave(self, do: str, *, times: int | None = None) -> None:
        """Does something of `BEHAVIOURS` the next `times`, or from now on."""
        if times is None:
            self.otherwise = BEHAVIOURS[do]
        else:
            self.script.extend([BEHAVIOURS[do]] * times)

    async def handle(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self.received.append(asked)
        behaviour = self.script.popleft() if self.script else self.otherwise
        with suppress(ConnectionError, ssl.SSLError):
            await behaviour(self, writer)


async def accept(_receiver: WebhookReceiver, writer: asyncio.StreamWriter) -> None:
    reply(writer, 204, b"")


async def fail(_receiver: WebhookReceiver, writer: asyncio.StreamWriter) -> None:
    reply(writer, 500, {"error": "database"})


async def refuse(_receiver: WebhookReceiver, writer: asyncio.StreamWriter) -> None:
    reply(writer, 404, b"")


async def redirect(receiver: WebhookReceiver, writer: asyncio.StreamWriter) -> None:
    reply(writer, 307, b"", headers=f"location: http://127.0.0.1:{receiver.port}/elsewhere\r\n")


async def hang(_receiver: WebhookReceiver, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drip_head(_receiver: WebhookReceiver, writer: asyncio.StreamWriter) -> None:
    """Begins a status line and never comes to its end."""
    writer.write(b"HTTP/1.1 2")
    while not writer.is_closing():
        writer.write(b"0")
        await writer.drain()
        await asyncio.sleep(0.05)  # a slow line, which is what is tested


async def garbage(_receiver: WebhookReceiver, writer: asyncio.StreamWriter) -> None:
    """Says 200, behind something that is not HTTP."""
    writer.write(b"\x00\xffgarbage\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    await writer.drain()
    writer.close()


async def flood(_receiver: WebhookReceiver, writer: asyncio.StreamWriter) -> None:
    """Accepts, with a body that never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" " * 65536)
        await writer.drain()


async def endless_head(_receiver: WebhookReceiver, writer: asyncio.StreamWriter) -> None:
    """Begins to accept, with headers that never end."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"x-more: " + b"x" * 65536 + b"\r\n")
        await writer.drain()


async def drip_body(_receiver: WebhookReceiver, writer: asyncio.StreamWriter) -> None:
    await drip(writer)


async def hang_up(_receiver: WebhookReceiver, writer: asyncio.StreamWriter) -> None:
    writer.close()


BEHAVIOURS: dict[str, Behaviour] = {
    "accept": accept,
    "fail": fail,
    "refuse": refuse,
    "redirect": redirect,
    "hang": hang,
    "drip_head": drip_head,
    "drip_body": drip_body,
    "garbage": garbage,
    "flood": flood,
    "endless_head": endless_head,
    "hang_up": hang_up,
}
