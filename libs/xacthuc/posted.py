"""A small HTTP port for what others post to us: receipts, reports. TLS ends at the edge; signatures prove who sends.

Owns listening, and reading a body that is small and comes soon. Weighs a web server: import it where an address is set.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.applications import Starlette
    from starlette.requests import Request

MOST_BYTES: Final = 64 * 1024
READ_SECONDS: Final = 10.0
STOP_SECONDS: Final = 5
"""For requests that are under way when it ends."""
_MOST_REQUESTS: Final = 256


@asynccontextmanager
async def listening(address: str, application: Starlette) -> AsyncIterator[str]:
    """Listens at `host:port` for as long as it is entered, and tells the address taken; OSError when it is taken."""
    host, _, port = address.rpartition(":")
    bound = socket.create_server((host.strip("[]"), int(port)), family=_family(host), reuse_port=False)
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        http="h11",
        ws="none",
        limit_concurrency=_MOST_REQUESTS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[bound]))
    taken_host, taken_port = bound.getsockname()[:2]
    try:
        yield f"{taken_host}:{taken_port}"
    finally:
        server.should_exit = True
        await task


async def body_of(request: Request) -> bytes | None:
    """Returns the body, or None when it is larger, or slower, than anything we are told. Raises ClientDisconnect."""
    body = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > MOST_BYTES:
                    return None
    except TimeoutError:
        return None
    return bytes(body)


class _Server(uvicorn.Server):
    """Leaves the process's signals to the process, which drains before it stops."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
