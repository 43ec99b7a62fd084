"""A real server on loopback ports, with keys in a real store, certificates of a test authority and probes as servicers."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest
from authority import issue_certificates
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.rpc import error_details_pb2, status_pb2
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from xacthuc.api.otp.v1 import internal_pb2, service_pb2
from xacthuc.credentials.directory import KeyDirectory
from xacthuc.credentials.key import PlatformKey
from xacthuc.credentials.publisher import KeyPublisher
from xacthuc.credentials.records import KeyRecord, KeyState
from xacthuc.credentials.scopes import Scope
from xacthuc.grpckit.server import ServerBuilder
from xacthuc.grpckit.streams import Streams
from xacthuc.settings import Environment, Settings
from xacthuc.telemetry.lines import LineWriter
from xacthuc.telemetry.spans import exporting_recorder
from xacthuc.telemetry.start import Telemetry, start
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from pathlib import Path

    from xacthuc.clock import FixedClock
    from xacthuc.grpckit.ports import Server

SERVICE = "/xacthuc.api.otp.v1.OtpService/"
INTERNAL = "/xacthuc.api.otp.v1.OtpInternal/"
PUBLIC = service_pb2.DESCRIPTOR.services_by_name["OtpService"]
PEERS = internal_pb2.DESCRIPTOR.services_by_name["OtpInternal"]
REQUEST_ID = "0b2f7a52-53c1-4e0e-9d3c-3f1f0f1b8a11"


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tls")
    issue_certificates(directory, "otp", "identity", "livestream")
    return directory


@pytest.fixture(scope="session")
def issue() -> Callable[..., None]:
    """`issue(directory, *services)` writes certificates of a new authority."""
    return issue_certificates


async def unexpected(*_: Any) -> Any:
    raise AssertionError("no test expected this call")


class Probe:
    """Serves a contract; each test says what one method does by setting it in `does`."""

    def __init__(self) -> None:
        self.does: Callable[[Any, Any], Awaitable[Any]] = unexpected

    async def _serve(self, request: Any, call: Any) -> Any:
        return await self.does(request, call)

    async def CheckCode(self, request: Any, call: Any) -> Any:  # noqa: N802 - the contract's name
        return await self.does(request, call)

    StartChallenge = ResendCode = CheckNetwork = GetChallenge = CancelChallenge = LookupNumber = _serve
    ReportUnrequested = RedeemProof = DigestDevice = SendNotice = _serve

    async def WatchOutcomes(self, request: Any, call: Any) -> AsyncIterator[Any]:  # noqa: N802 - the contract's name
        async for answer in await self.does(request, call):
            yield answer


@dataclass
class Deployment:
    """One running server and everything a test may want to look at or turn."""

    clock: FixedClock
    settings: Settings
    telemetry: Telemetry
    publisher: KeyPublisher
    directory: KeyDirectory
    spans: InMemorySpanExporter
    log: Path
    probe: Probe
    server: Server
    addresses: dict[str, str]
    key: PlatformKey
    channels: AsyncExitStack
    records: dict[str, KeyRecord] = field(default_factory=dict)

    async def create_key(
        self,
        *,
        scopes: frozenset[Scope] = frozenset({Scope.OTP}),
        state: KeyState = KeyState.ACTIVE,
        lasts: timedelta | None = None,
        environment: Environment = Environment.PRODUCTION,
    ) -> PlatformKey:
        key = PlatformKey.generate(environment)
        expire_ms = None if lasts is None else self.clock.now_ms() + lasts // timedelta(milliseconds=1)
        record = KeyRecord(
            platform="forum",
            key_id=f"k{len(self.records)}",
            sha256=key.sha256,
            scopes=scopes,
            state=state,
            expire_ms=expire_ms,
            version=1,
        )
        self.records[key.text] = record
        await self.publisher.publish([record])
        await self.directory.refresh()
        return key

    async def public(self) -> grpc.aio.Channel:
        return await self.channels.enter_async_context(grpc.aio.insecure_channel(self.addresses["public"]))

    async def internal(self, peer: str, *, present: bool = True) -> grpc.aio.Channel:
        directory = self.settings.tls_directory
        credentials = grpc.ssl_channel_credentials(
            (directory / "ca.pem").read_bytes(),
            (directory / f"{peer}.key").read_bytes() if present else None,
            (directory / f"{peer}.pem").read_bytes() if present else None,
        )
        channel = grpc.aio.secure_channel(
            self.addresses["internal"], credentials, options=[("grpc.ssl_target_name_override", "otp")]
        )
        return await self.channels.enter_async_context(channel)

    async def check(
        self,
        request: Any = None,
        *,
        key: str | None = "own",
        metadata: Mapping[str, str] | None = None,
        timeout: float | None = 5,
    ) -> Any:
        """Calls CheckCode; `request` may be raw bytes."""
        if request is None:
            request = check_request()
        headers = dict(metadata or {})
        if key is not None:
            headers["authorization"] = f"Bearer {self.key.text}" if key == "own" else key
        channel = await self.public()
        method = channel.unary_unary(
            SERVICE + "CheckCode",
            request_serializer=lambda message: message if isinstance(message, bytes) else message.SerializeToString(),
            response_deserializer=service_pb2.CheckCodeResponse.FromString,
        )
        return await method(request, metadata=tuple(headers.items()), timeout=timeout)

    def lines(self) -> list[dict[str, Any]]:
        self.telemetry.writer.flush()
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def calls(self) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["event"] == "rpc"]


def check_request(**fields: Any) -> service_pb2.CheckCodeRequest:
    return service_pb2.CheckCodeRequest(
        **{"name": f"challenges/{'a' * 24}", "code": "123456", "request_id": REQUEST_ID, **fields}
    )


Deploy = Callable[..., Awaitable[Deployment]]


@pytest.fixture
async def deploy(valkey_url: str, clock: FixedClock, certificates: Path, tmp_path: Path) -> AsyncIterator[Deploy]:
    """`await deploy(...)` starts a server; settings and builder options are its keyword arguments."""
    stack = AsyncExitStack()

    async def start_one(
        *,
        sample_ratio: float = 1.0,
        maximum: int = 64,
        environment: Environment = Environment.DEVELOPMENT,
        allow: Mapping[str, set[str]] | None = None,
        ceiling: timedelta = timedelta(seconds=5),
        stream_life: timedelta = timedelta(minutes=30),
        patience: timedelta = timedelta(minutes=30),
        translations: Mapping[type[BaseException], Callable[[Any], Any]] | None = None,
        grace_seconds: float = 5,
        log_level: str = "info",
        tls_directory: Path = certificates,
        contracts: Mapping[Any, Any] | None = None,
    ) -> Deployment:
        log = tmp_path / "log"
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        stack.callback(os.close, descriptor)
        settings = Settings(
            environment=environment,
            public_plaintext=True,
            tls_directory=tls_directory,
            trace_sample_ratio=sample_ratio,
            maximum_concurrent_rpcs=maximum,
            drain_seconds=grace_seconds,
            log_level=log_level,
        )
        spans = InMemorySpanExporter()
        telemetry = start("otp", settings, recorder=exporting_recorder("otp", spans), writer=LineWriter(descriptor))
        stack.callback(telemetry.close)
        store = await Store.connect(valkey_url)
        stack.push_async_callback(store.close)
        signing = Ed25519PrivateKey.generate()
        directory = KeyDirectory(
            store, signing.public_key(), clock, telemetry.metrics, development=settings.development
        )
        await directory.start()
        stack.push_async_callback(directory.stop)
        probe = Probe()
        builder = ServerBuilder(
            "otp",
            settings,
            telemetry,
            keys=directory,
            translations=translations,
            deadline_ceiling=ceiling,
            streams=Streams(stream_life, patience),
        )
        builder.public(PUBLIC, probe, scopes=Scope.OTP)
        table = {"RedeemProof": {"identity"}, "WatchOutcomes": {"identity"}} if allow is None else allow
        builder.internal(PEERS, probe, allow=table)
        for contract, (servicer, peers) in (contracts or {}).items():
            builder.internal(contract, servicer, allow=peers)
        server = builder.build()
        addresses = await server.start()
        stack.push_async_callback(server.drain)
        channels = await stack.enter_async_context(AsyncExitStack())
        deployment = Deployment(
            clock=clock,
            settings=settings,
            telemetry=telemetry,
            publisher=KeyPublisher(store, signing),
            directory=directory,
            spans=spans,
            log=log,
            probe=probe,
            server=server,
            addresses=addresses,
            key=PlatformKey.generate(Environment.PRODUCTION),
            channels=channels,
        )
        deployment.key = await deployment.create_key()
        return deployment

    async with stack:
        yield start_one


@dataclass
class Failure:
    """A failed call, its details unpacked. Reading it checks what every error owes its caller."""

    code: grpc.StatusCode
    message: str
    info: error_details_pb2.ErrorInfo
    fields: dict[str, str]
    retry_after: timedelta | None
    told: error_details_pb2.LocalizedMessage | None

    @property
    def reason(self) -> str:
        return self.info.reason


def read_failure(error: grpc.aio.AioRpcError) -> Failure:
    trailers = [value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin"]
    assert len(trailers) == 1, f"{error.code()} came without details: {error.details()}"
    status = status_pb2.Status.FromString(trailers[0])
    kinds = [detail.TypeName() for detail in status.details]
    assert len(kinds) == len(set(kinds))
    assert status.code == error.code().value[0]

    def unpacked(kind: type[Any]) -> Any:
        message = kind()
        return message if any(detail.Unpack(message) for detail in status.details) else None

    info = unpacked(error_details_pb2.ErrorInfo)
    assert info is not None
    assert info.domain == "xacthuc"
    bad, retry = unpacked(error_details_pb2.BadRequest), unpacked(error_details_pb2.RetryInfo)
    return Failure(
        code=error.code(),
        message=error.details() or "",
        info=info,
        fields={} if bad is None else {fault.field: fault.reason for fault in bad.field_violations},
        retry_after=None if retry is None else retry.retry_delay.ToTimedelta(),
        told=unpacked(error_details_pb2.LocalizedMessage),
    )


@pytest.fixture
def fails() -> Callable[[Awaitable[Any]], Awaitable[Failure]]:
    """`await fails(call)` awaits a call that must fail and returns its unpacked status."""

    async def failure_of(call: Awaitable[Any]) -> Failure:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        return read_failure(caught.value)

    return failure_of


@pytest.fixture
def make_check_request() -> Callable[..., service_pb2.CheckCodeRequest]:
    return check_request


@pytest.fixture
def verified() -> Callable[[Any, Any], Awaitable[Any]]:
    """A servicer method that answers at once."""

    async def answer(_request: Any, _call: Any) -> Any:
        await asyncio.sleep(0)
        return service_pb2.CheckCodeResponse(verdict=service_pb2.CheckCodeResponse.VERIFIED)

    return answer
