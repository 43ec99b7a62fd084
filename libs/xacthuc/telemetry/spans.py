"""Where finished spans go: over OTLP to a collector (`otlp.py`), into an exporter of the OpenTelemetry SDK, or nowhere.

The only module that imports the SDK. Spans are handed over already finished, as `ReadableSpan`, since the SDK's own
tracer costs a multiple of what they hold and would decide about sampling a second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from xacthuc import lean
from xacthuc.telemetry.tracing import Kind

with lean.without("psutil"):  # for a detector of processes; ours are named by their settings
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

    from xacthuc.telemetry.otlp import OtlpRecorder
    from xacthuc.telemetry.tracing import Span

_KINDS: Final = {kind: SpanKind[kind.value] for kind in Kind}
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_SCOPE: Final = InstrumentationScope("xacthuc")
_UNSET: Final = Status(StatusCode.UNSET)


class SdkRecorder:
    """Hands finished spans to an SDK processor. `shutdown` exports what is still queued."""

    def __init__(self, service: str, processor: SpanProcessor) -> None:
        self._resource = Resource.create({"service.name": f"xacthuc-{service}", "service.namespace": "xacthuc"})
        self._processor = processor

    def record(self, span: Span) -> None:
        """Queues one span; the batch processor drops and counts spans when its queue is full."""
        place = span.context
        parent = (
            SpanContext(place.trace_id, place.parent_id, place.remote_parent, _SAMPLED) if place.parent_id else None
        )
        linked = place.linked
        links = (
            (
                Link(
                    SpanContext(
                        linked.trace_id, linked.span_id, is_remote=True, trace_flags=TraceFlags(int(linked.sampled))
                    )
                ),
            )
            if linked is not None
            else ()
        )
        self._processor.on_end(
            ReadableSpan(
                name=span.name,
                context=SpanContext(place.trace_id, place.span_id, is_remote=False, trace_flags=_SAMPLED),
                parent=parent,
                resource=self._resource,
                attributes=span.attributes,
                links=links,
                kind=_KINDS[span.kind],
                status=Status(StatusCode.ERROR, span.failure) if span.failure else _UNSET,
                start_time=span.start_ns,
                end_time=span.end_ns,
                instrumentation_scope=_SCOPE,
            )
        )

    def shutdown(self) -> None:
        """Exports what is queued and stops the exporter's thread. Blocks; call it after the last span."""
        self._processor.shutdown()


def otlp_recorder(service: str, endpoint: str, compression: str = "none") -> OtlpRecorder:
    """Returns a recorder that exports to an OTLP endpoint, `https://` with TLS and `http://` without.

    One with a path, such as `http://collector:4318/v1/traces`, is spoken to in OTLP/HTTP, one without in OTLP/gRPC.
    `compression` is `gzip` or `none`; ValueError for another, and for an endpoint that is none.
    """
    # Imported here: an exporter nobody configured should cost neither memory nor start-up time.
    from xacthuc.telemetry.otlp import Compression, OtlpRecorder, transport  # noqa: PLC0415

    return OtlpRecorder(service, transport(endpoint, Compression(compression)))


def exporting_recorder(service: str, exporter: SpanExporter) -> SdkRecorder:
    """Returns a recorder that exports every span at once, for tests and for one machine."""
    return SdkRecorder(service, SimpleSpanProcessor(exporter))


def discarding_recorder(service: str) -> SdkRecorder:
    """Returns a recorder that makes spans and exports none, so that tracing costs the same before a collector exists."""
    return SdkRecorder(service, SpanProcessor())
