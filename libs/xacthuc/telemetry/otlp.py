"""Finished spans to a collector over OTLP 1.5, by gRPC or by HTTP, from a thread of its own.

The SDK's encoder takes some 50 µs a span, more than the call itself spends on tracing; writing the protocol's own messages
takes a tenth. Spans that a collector does not take are dropped and counted: a trace is no record, and waiting for a
collector would fill the queue behind it.
"""

from __future__ import annotations

import gzip
from collections import deque
from enum import StrEnum
from functools import lru_cache
from threading import Event, Thread
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Status
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message

from xacthuc.telemetry.logs import get_logger
from xacthuc.telemetry.tracing import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xacthuc.telemetry.tracing import AttributeValue, Span

_SECONDS: Final = 5.0
"""How long a collector may take for a batch."""
_EVERY_SECONDS: Final = 2.0
_BATCH: Final = 512
_MOST_WAITING: Final = 4096
_METHOD: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_HEADERS: Final = {"content-type": "application/x-protobuf"}
_KINDS: Final = {kind: Message.SpanKind.Value(f"SPAN_KIND_{kind.value}") for kind in Kind}
_FAILED: Final = Status.STATUS_CODE_ERROR
# Bits 0 to 7 are W3C's flags; 8 says that bit 9 is known, which says that the parent or link is in another process.
_LOCAL, _REMOTE, _SAMPLED = 0x100, 0x300, 0x1


_FASTEST: Final = 1
"""Spans repeat themselves: more effort costs twice the time for a tenth of the octets."""


class Compression(StrEnum):
    """How requests are packed. OTLP 1.5 has every receiver take both; not every one does."""

    NONE = "none"
    GZIP = "gzip"


class Transport(Protocol):
    """Carries one request to a collector; raises OSError or grpc.RpcError when it is not taken."""

    def send(self, request: bytes) -> None:
        """Sends one ExportTraceServiceRequest."""
        ...

    def close(self) -> None:
        """Lets the connection go."""
        ...


class OverGrpc:
    """OTLP/gRPC."""

    def __init__(self, endpoint: str, compression: Compression) -> None:
        """`https://` is TLS with the system's authorities, `http://` plaintext."""
        place = urlsplit(endpoint)
        self._channel = (
            grpc.secure_channel(place.netloc, grpc.ssl_channel_credentials())
            if place.scheme == "https"
            else grpc.insecure_channel(place.netloc)
        )
        self._compression = grpc.Compression.Gzip if compression is Compression.GZIP else grpc.Compression.NoCompression
        self._export: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(_METHOD)

    def send(self, request: bytes) -> None:
        """Sends one request; a collector that is just being connected to is waited for."""
        self._export(request, timeout=_SECONDS, wait_for_ready=True, compression=self._compression)

    def close(self) -> None:
        """Closes the channel."""
        self._channel.close()


class OverHttp:
    """OTLP/HTTP in binary protobuf."""

    def __init__(self, endpoint: str, compression: Compression) -> None:
        """`endpoint` is the whole address, such as `http://collector:4318/v1/traces`."""
        self._endpoint = endpoint
        self._packs = compression is Compression.GZIP
        self._headers = {**_HEADERS, "content-encoding": "gzip"} if self._packs else _HEADERS

    def send(self, request: bytes) -> None:
        """Posts one request."""
        body = gzip.compress(request, _FASTEST) if self._packs else request
        asked = Request(self._endpoint, body, self._headers)  # noqa: S310 - `transport` looked at the scheme
        urlopen(asked, timeout=_SECONDS).close()  # noqa: S310

    def close(self) -> None:
        """Has nothing to close."""


def transport(endpoint: str, compression: Compression = Compression.NONE) -> Transport:
    """Returns what speaks to `endpoint`: HTTP when it has a path, gRPC when it has none; ValueError for neither."""
    place = urlsplit(endpoint)
    if place.scheme not in {"http", "https"} or not place.netloc:
        raise ValueError("the OTLP endpoint must be http://host:port or https://host:port, with a path for OTLP/HTTP")
    return OverHttp(endpoint, compression) if place.path.strip("/") else OverGrpc(endpoint, compression)


class OtlpRecorder:
    """Gathers spans and sends them every two seconds, or by the batch."""

    def __init__(self, service: str, to: Transport) -> None:
        """`service` is what the spans are filed under."""
        self._resource = Resource(
            attributes=_attributes({"service.name": f"xacthuc-{service}", "service.namespace": "xacthuc"})
        )
        self._to = to
        self._waiting: deque[Span] = deque()
        self._refused = 0
        """Written by who records; how many of them were told is the thread's."""
        self._told = 0
        self._due, self._stopping = Event(), False
        self._thread = Thread(target=self._run, name="otlp", daemon=True)
        self._thread.start()

    def record(self, span: Span) -> None:
        """Takes one span, unless too many wait."""
        waiting = self._waiting
        if len(waiting) >= _MOST_WAITING:
            self._refused += 1
            return
        waiting.append(span)
        if len(waiting) == _BATCH:
            self._due.set()

    def flush(self) -> None:
        """Sends what waits."""
        waiting, lost = self._waiting, 0
        while waiting:
            batch = [waiting.popleft() for _ in range(min(len(waiting), _BATCH))]
            try:
                self._to.send(self.encoded(batch))
            except (OSError, grpc.RpcError):
                lost += len(batch)
        if dropped := lost + (refused := self._refused) - self._told:
            self._told = refused
            get_logger().warning("spans_dropped", spans=dropped)

    def encoded(self, spans: Sequence[Span]) -> bytes:
        """Returns an ExportTraceServiceRequest of `spans`."""
        scope = ScopeSpans(scope=InstrumentationScope(name="xacthuc"), spans=[_message(span) for span in spans])
        request = ExportTraceServiceRequest(
            resource_spans=[ResourceSpans(resource=self._resource, scope_spans=[scope])]
        )
        return request.SerializeToString()

    def shutdown(self) -> None:
        """Sends what waits and ends the thread. Blocks, for seconds when the collector is away."""
        self._stopping = True
        self._due.set()
        self._thread.join()
        self._to.close()

    def _run(self) -> None:
        while not self._stopping:
            self._due.wait(_EVERY_SECONDS)
            self._due.clear()
            self.flush()


def _message(span: Span) -> Message:
    place = span.context
    message = Message(
        trace_id=place.trace_id.to_bytes(16, "big"),
        span_id=place.span_id.to_bytes(8, "big"),
        flags=_SAMPLED | (_REMOTE if place.remote_parent else _LOCAL),
        name=span.name,
        kind=_KINDS[span.kind],
        start_time_unix_nano=span.start_ns,
        end_time_unix_nano=span.end_ns,
        attributes=_attributes(span.attributes),
    )
    if place.parent_id:
        message.parent_span_id = place.parent_id.to_bytes(8, "big")
    if span.failure:
        message.status.code = _FAILED
        message.status.message = span.failure
    if (linked := place.linked) is not None:
        message.links.add(
            trace_id=linked.trace_id.to_bytes(16, "big"),
            span_id=linked.span_id.to_bytes(8, "big"),
            flags=_REMOTE | int(linked.sampled),
        )
    return message


def _attributes(values: Mapping[str, AttributeValue]) -> list[KeyValue]:
    return [_pair(key, value) for key, value in values.items()]


@lru_cache(maxsize=2048, typed=True)
def _pair(key: str, value: AttributeValue) -> KeyValue:
    """Most attributes of most spans are the same few: made once, they are copied in C."""
    if isinstance(value, str):
        return KeyValue(key=key, value=AnyValue(string_value=value))
    if isinstance(value, bool):
        return KeyValue(key=key, value=AnyValue(bool_value=value))
    if isinstance(value, int):
        return KeyValue(key=key, value=AnyValue(int_value=value))
    return KeyValue(key=key, value=AnyValue(double_value=value))
