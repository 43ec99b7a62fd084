"""Takes receipts over HTTP: `POST /receipts/<provider>`. TLS ends at the edge; who sent them is proven by signature."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from starlette.requests import Request

    from xacthuc.otp.delivery.adapters.http_gateway import HttpGateway
    from xacthuc.otp.delivery.receipts import Receipts

_log: Final = get_logger()

MOST_BYTES: Final = 64 * 1024
_READ_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 5
_MOST_REQUESTS: Final = 256


def application(gateways: Sequence[HttpGateway], receipts: Receipts) -> Starlette:
    """Returns the application. Answers 204 when taken, 4xx when not worth repeating, 503 when it is."""
    readers = {gateway.name: gateway.receipts for gateway in gateways if gateway.receipts.expected}

    async def receive(request: Request) -> Response:
        provider = request.path_params["provider"]
        reader = readers.get(provider)
        if reader is None:
            return Response(status_code=404)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        if not reader.authentic(request.headers, body):
            return _refused(provider, "unsigned", 401)
        try:
            found = reader.read(body)
        except ValueError:
            return _refused(provider, "unreadable", 400)
        try:
            for receipt in found:
                await receipts.receive(provider, receipt)
        except StoreError:
            return Response(status_code=503, headers={"Retry-After": "5"})
        return Response(status_code=204)

    def _refused(provider: str, cause: str, status: int) -> Response:
        receipts.metrics.receipts.add(provider, cause)
        _log.warning("receipt_refused", provider=provider, cause=cause)
        return Response(status_code=status)

    return Starlette(routes=[Route("/receipts/{provider}", receive, methods=["POST"])])


@asynccontextmanager
async def listening(address: str, gateways: Sequence[HttpGateway], receipts: Receipts) -> AsyncIterator[None]:
    """Listens at `host:port` for as long as it is entered; OSError when that is taken."""
    host, _, port = address.rpartition(":")
    bound = socket.create_server((host.strip("[]"), int(port)), family=_family(host), reuse_port=False)
    config = uvicorn.Config(
        application(gateways, receipts),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        http="h11",
        ws="none",
        limit_concurrency=_MOST_REQUESTS,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[bound]))
    taken_host, taken_port = bound.getsockname()[:2]
    _log.info("receipts_listening", address=f"{taken_host}:{taken_port}")
    try:
        yield
    finally:
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    """Leaves the process's signals to the worker, which drains before it stops."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _body(request: Request) -> bytes | None:
    """Returns the body, or None when it is larger, or slower, than any receipt."""
    body = bytearray()
    try:
        async with asyncio.timeout(_READ_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > MOST_BYTES:
                    return None
    except TimeoutError:
        return None
    return bytes(body)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
