"""HTTP/1.1 requests over connections that stay open: just enough to put a server under load from Python."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Final, Self

import orjson

from benchmarks.load import IN_FLIGHT, Window
from benchmarks.measure import cpu_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

_LENGTH: Final = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_HEAD_END: Final = b"\r\n\r\n"


class HttpTarget:
    """A server under load, and the process that it is."""

    def __init__(self, address: str, pid: int) -> None:
        self._host, _, self._port = address.rpartition(":")
        self.pid = pid
        self._connections: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def __aenter__(self) -> Self:
        self._connections = [await asyncio.open_connection(self._host, int(self._port)) for _ in range(IN_FLIGHT)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, writer in self._connections:
            writer.close()

    async def in_flight(self, path: str, bodies: Sequence[object], expected: int) -> Window:
        """Posts all bodies, 64 at a time; ValueError when a status is not the expected one."""
        requests = [self._request(path, body) for body in bodies]
        answers = [b""] * len(requests)
        waiting = iter(enumerate(requests))
        opening = b"HTTP/1.1 %d " % expected

        async def caller(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for position, request in waiting:
                writer.write(request)
                head, answers[position] = await _response(reader)
                if not head.startswith(opening):
                    raise ValueError(f"{path} answered {head.partition(_HEAD_END[:2])[0].decode()}")

        before, started = cpu_seconds(self.pid), time.perf_counter()
        await asyncio.gather(*(caller(*connection) for connection in self._connections))
        return Window(answers, cpu_seconds(self.pid) - before, time.perf_counter() - started)

    def _request(self, path: str, body: object) -> bytes:
        content = orjson.dumps(body)
        origin = f"{self._host}:{self._port}"
        head = (
            f"POST {path} HTTP/1.1\r\nhost: {origin}\r\norigin: http://{origin}\r\nx-forwarded-for: 113.160.0.1\r\n"
            f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        )
        return head.encode("ascii") + content


async def _response(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(_HEAD_END)
    if length := _LENGTH.search(head):
        return head, await reader.readexactly(int(length[1]))
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return head, body
