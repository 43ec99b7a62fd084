"""Calling other services: one channel per service, mutual TLS, a timeout on every call, errors of our own tree.

    otp = ServiceChannel(settings.otp_address, TlsFiles(settings.tls_directory, "identity"), telemetry, peer="otp",
                         service_config=service_config("xacthuc.api.otp.v1", "otp_grpc_service_config.json"))
    stub = OtpInternalStub(otp.channel)
    proof = await otp.ask(stub.RedeemProof, request, call=call)

Which methods may be retried is data beside the contract (`*_grpc_service_config.json`), not code here. The timeout is
always passed with the call: one in the service config was measured to fire early and never reached the server.
"""

from __future__ import annotations

import importlib.resources
import json
import time
from typing import TYPE_CHECKING, Any, Final, Self

import grpc
import grpc.aio

from xacthuc.grpckit.gates import PLATFORM, TRACEPARENT
from xacthuc.grpckit.rejection import status_to_error
from xacthuc.grpckit.renewal import RenewingChannel
from xacthuc.telemetry.tracing import Kind, current, span

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import timedelta
    from typing import TypeVar

    from xacthuc.grpckit.call import Call
    from xacthuc.grpckit.tls import TlsFiles
    from xacthuc.telemetry.start import Telemetry

    Q = TypeVar("Q")
    A = TypeVar("A")

_KEEPALIVE_MS: Final = 30_000
"""Above the 10 s that servers of ours allow; a dead server behind a live address is found within 40 s."""

_SPREAD: Final = {"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}}
"""A name that stands for many processes (a headless service of Kubernetes) has its calls spread over those that say they are
ready (gRFC A17). One that drains says so first: a call that reached it while it closes would end as CANCELLED."""


class ServiceChannel:
    """The way to one other service."""

    def __init__(
        self, target: str, tls: TlsFiles, telemetry: Telemetry, *, peer: str, service_config: str = ""
    ) -> None:
        """`target` is `host:port` or any gRPC name, `tls` our own certificate, `peer` the service called.

        `service_config` is the retry policy as JSON. OSError when a certificate file is missing, CertificateError when
        it cannot be used.
        """
        self.channel = RenewingChannel(target, tls, _options(peer, service_config))
        """For making stubs."""
        self._seconds = telemetry.metrics.rpc_client_seconds
        self._peer = peer

    async def ask(self, method: grpc.aio.UnaryUnaryMultiCallable[Q, A], request: Q, *, call: Call) -> A:
        """Calls another service on behalf of `call`: its platform, its trace, what is left of its time less 20 ms.

        Raises what the other service said, as an error of `errors.py` (see `rejection.py`); DeadlineExceeded at once
        when no time is left.
        """
        platform = call.platform if call.has_platform else ""
        return await self._ask(method, request, call.budget_seconds(), platform)

    async def tell(
        self, method: grpc.aio.UnaryUnaryMultiCallable[Q, A], request: Q, *, within: timedelta, platform: str = ""
    ) -> A:
        """Calls another service from work without a caller, such as a job. Raises as `ask` does."""
        return await self._ask(method, request, within.total_seconds(), platform)

    async def _ask(
        self, method: grpc.aio.UnaryUnaryMultiCallable[Q, A], request: Q, timeout_seconds: float, platform: str
    ) -> A:
        service, name = _names(method)
        started = time.monotonic()
        code = grpc.StatusCode.OK
        with span(
            f"{service}/{name}",
            {"rpc.system.name": "grpc", "rpc.method": f"{service}/{name}", "server.address": self._peer},
            kind=Kind.CLIENT,
        ) as step:
            try:
                return await method(request, timeout=timeout_seconds, metadata=_metadata(platform))
            except grpc.aio.AioRpcError as error:
                code = error.code()
                raise status_to_error(error) from None
            finally:
                step.set("rpc.response.status_code", code.name)
                short = service.rpartition(".")[2]
                self._seconds.cell(short, name, code.name).observe(time.monotonic() - started)

    async def watch(
        self, method: grpc.aio.UnaryStreamMultiCallable[Q, A], request: Q, *, platform: str = ""
    ) -> AsyncGenerator[A, None]:
        """Yields what a stream of another service says, until it ends; no timeout. Raises as `ask` does."""
        try:
            async for answer in method(request, metadata=_metadata(platform), wait_for_ready=True):
                yield answer
        except grpc.aio.AioRpcError as error:
            raise status_to_error(error) from None

    async def close(self) -> None:
        """Closes the channel; calls under way are cancelled."""
        await self.channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.close()


def service_config(package: str, name: str) -> str:
    """Returns the retry policy that ships with a contract's generated code, as JSON text."""
    return importlib.resources.files(package).joinpath(name).read_text("utf-8")


def _metadata(platform: str) -> tuple[tuple[str, str], ...]:
    trace = current()
    entries = [] if trace is None else [(TRACEPARENT, trace.traceparent())]
    if platform:
        entries.append((PLATFORM, platform))
    return tuple(entries)


def _names(method: Any) -> tuple[str, str]:
    """Returns (full service name, method name). grpc.aio keeps the path of a stub's method in a private attribute."""
    path: bytes = method._method  # noqa: SLF001 - no public way; a test fails clearly when it moves
    service, _, name = path.decode("ascii").lstrip("/").rpartition("/")
    return service, name


def _options(peer: str, config: str) -> list[tuple[str, Any]]:
    return [
        # Every service's certificate names it by DNS, so that no other service of ours can stand in for it.
        ("grpc.ssl_target_name_override", peer),
        # A service that starts or comes back is found again within 2 s; by itself gRPC would wait for up to two minutes.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 1_000),
        ("grpc.max_reconnect_backoff_ms", 2_000),
        ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.max_receive_message_length", 4 * 1024 * 1024),
        ("grpc.service_config", json.dumps({**json.loads(config or "{}"), **_SPREAD})),
    ]
