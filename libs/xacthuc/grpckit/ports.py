"""The ports of a process from listening to drained: health, reflection, limits on connections, signals.

On SIGTERM readiness falls first and calls go on, so that whoever routes calls here can hear of it; then streams are
told to go elsewhere, calls in flight end, and the ports close. Readiness says nothing about stores: an outage of one
must not take every process out of service at once.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from xacthuc.grpckit.streams import Streams
from xacthuc.memory import give_back, keep_giving_back
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

_SERVING: Final = health_pb2.HealthCheckResponse.SERVING

_METADATA_BYTES: Final = 8 * 1024
"""Of a request's metadata: gRPC's own recommendation, and 50 times what is expected here."""

_PROBE_BYTES: Final = 1024
"""Of a question for health, which names a service at most."""

_STREAMS_PER_CONNECTION: Final = 1_000
"""Calls in flight on one connection; a platform that needs more opens another."""


@dataclass(frozen=True, slots=True)
class Port:
    """What one port serves, and how."""

    address: str
    services: Mapping[str, Mapping[str, grpc.RpcMethodHandler[Any, Any]]]
    maximum_request_bytes: int
    credentials: grpc.ServerCredentials | None


def probe_port(address: str) -> Port:
    """Returns a port of health alone, in clear."""
    return Port(address, {}, _PROBE_BYTES, None)


class Server:
    """The servers of a process, one per port, that live and drain together."""

    def __init__(self, ports: Mapping[str, Port], streams: Streams, *, grace: timedelta, notice: timedelta) -> None:
        """`grace` is how long calls may go on at the drain, `notice` how long readiness is down before it begins."""
        self._ports = ports
        self._streams = streams
        self._grace_seconds = grace.total_seconds()
        self._notice_seconds = notice.total_seconds()
        self._servers: list[grpc.aio.Server] = []
        self._health = health.aio.HealthServicer()
        self._drained: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._log = get_logger()

    async def start(self) -> dict[str, str]:
        """Listens and reports SERVING; returns each port's address with the port picked. RuntimeError when one is taken."""
        addresses = {}
        for name, port in self._ports.items():
            server, address = _listen(port, self._health)
            await server.start()
            self._servers.append(server)
            addresses[name] = address
            for service in port.services:
                await self._health.set(service, _SERVING)
        # What exists now lives as long as the process: the collector need not walk it again at every pass.
        gc.collect()
        gc.freeze()
        give_back()
        return addresses

    async def run(self) -> None:
        """Starts, says where it listens, serves until SIGTERM or SIGINT, drains."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        addresses = await self.start()
        self._log.info("serving", **addresses)
        tidying = asyncio.create_task(keep_giving_back())
        await self._stop.wait()
        tidying.cancel()
        self._log.info("draining")
        await self.drain()
        self._log.info("stopped")

    def stop(self) -> None:
        """Makes `run` drain and return, as SIGTERM does."""
        self._stop.set()

    async def drain(self) -> None:
        """Reports NOT_SERVING, ends streams, lets calls in flight end within the grace, closes. Once, however often asked."""
        if self._drained is None:
            self._drained = asyncio.create_task(self._drain())
        await asyncio.shield(self._drained)

    async def _drain(self) -> None:
        await self._health.enter_graceful_shutdown()
        await asyncio.sleep(self._notice_seconds)
        self._streams.drain()
        await asyncio.gather(*(server.stop(self._grace_seconds) for server in self._servers))


@asynccontextmanager
async def answering_probes(address: str) -> AsyncGenerator[None]:
    """Answers probes of a process that serves nothing, for as long as it is entered and its event loop turns."""
    if not address:
        yield
        return
    server = Server({"health": probe_port(address)}, Streams(), grace=timedelta(0), notice=timedelta(0))
    await server.start()
    try:
        yield
    finally:
        await server.drain()


def _listen(port: Port, health_servicer: health.aio.HealthServicer) -> tuple[grpc.aio.Server, str]:
    server = grpc.aio.server(options=_options(port.maximum_request_bytes))
    for service, handlers in port.services.items():
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, dict(handlers)),))
        # Looked up by the core in one step; the generic handler above serves what reflection lists.
        server.add_registered_method_handlers(service, dict(handlers))
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
    reflection.enable_server_reflection((*port.services, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    if port.credentials is None:
        number = server.add_insecure_port(port.address)
    else:
        number = server.add_secure_port(port.address, port.credentials)
    if port.address.startswith("unix:"):
        return server, port.address
    return server, f"{port.address.rpartition(':')[0]}:{number}"


def _options(maximum_request_bytes: int) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", maximum_request_bytes),
        ("grpc.max_metadata_size", _METADATA_BYTES),
        ("grpc.max_concurrent_streams", _STREAMS_PER_CONNECTION),
        # Two processes on one port would split the calls between them unnoticed.
        ("grpc.so_reuseport", 0),
        # A connection that died without a word is found in 80 s; clients may ask as often as every 10 s.
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        # Connections are spread over new processes within the hour; ours is the side that can say so gracefully.
        ("grpc.max_connection_age_ms", 3_600_000),
        ("grpc.max_connection_age_grace_ms", 60_000),
    ]
