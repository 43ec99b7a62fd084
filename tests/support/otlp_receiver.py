"""A receiver of spans over OTLP/gRPC, from the protocol's own definition."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc


class OtlpReceiver(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps what was exported; use it with `with`."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self._server = grpc.server(ThreadPoolExecutor(max_workers=2))
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self._server)
        self.endpoint = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 - the contract's name
        self.requests.append(request)
        return trace_service_pb2.ExportTraceServiceResponse()

    @property
    def spans(self) -> list[Any]:
        """Every span received."""
        return [span for _, span in self.told]

    @property
    def told(self) -> list[tuple[str, Any]]:
        """Every span received, with the name of its service."""
        return [
            (next(each.value.string_value for each in resource.resource.attributes if each.key == "service.name"), span)
            for request in list(self.requests)
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def traces_of(self, name: str) -> set[bytes]:
        """Returns the traces that have a span of that name."""
        return {span.trace_id for span in self.spans if span.name == name}

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop(grace=None)
