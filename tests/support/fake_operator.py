"""A mobile operator on a loopback port whose answers a test decides, request by request. It speaks just enough HTTP."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pathlib import Path

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Request:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class FakeOperator:
    """What it was asked, and what it answers next: `script` first, `otherwise` when that is empty."""

    asked: list[Request] = field(default_factory=list)
    script: deque[Behaviour] = field(default_factory=deque)
    otherwise: Behaviour = None  # type: ignore[assignment]  # set below
    port: int = 0
    _server: asyncio.Server | None = None
    _serving: dict[asyncio.StreamWriter, asyncio.Task[None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.otherwise = self.otherwise or says(verified=True)

    async def open(self) -> None:
        """Listens, on the same port again after `close`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, reuse_address=True)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuses connections from now on, and breaks those that stand."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._serving:
            writer.transport.abort()
        await asyncio.gather(*self._serving.values())

    def file(self, directory: Path, name: str = "viettel", **keys: Any) -> Path:
        """Writes the operator file by which this one is asked; returns the directory."""
        directory.mkdir(exist_ok=True)
        settings = {"name": name, "base_url": f"http://127.0.0.1:{self.port}/number-verification/v2", **keys}
        # JSON's strings, numbers, booleans and lists are TOML's too.
        lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
        (directory / f"{name}.toml").write_text("\n".join(lines))
        return directory

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving[writer] = cast("asyncio.Task[None]", asyncio.current_task())
        try:
            while True:
                first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest if line)
                }
                body = json.loads(await reader.readexactly(int(headers.get("content-length", "0"))))
                self.asked.append(Request(first.split()[1], headers, body))
                behaviour = self.script.popleft() if self.script else self.otherwise
                await behaviour(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            del self._serving[writer]


def answers(status: int, body: Any, **headers: str) -> Behaviour:
    """Answers with a status and a body: bytes as they are, anything else as JSON."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {status} x\r\ncontent-length: {len(content)}\r\n{lines}\r\n".encode() + content)

    return behave


def says(*, verified: bool) -> Behaviour:
    """Answers as the definition has it."""
    return answers(200, {"devicePhoneNumberVerified": verified})


def refuses(status: int, code: str) -> Behaviour:
    """Answers with an ErrorInfo of the definition."""
    return answers(status, {"status": status, "code": code, "message": "as the definition has it"})


async def falls_silent(writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await writer.wait_closed()


async def hangs_up(writer: asyncio.StreamWriter) -> None:
    """Breaks the connection."""
    writer.transport.abort()
