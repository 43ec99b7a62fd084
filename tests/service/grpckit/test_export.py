"""Spans reach a collector over OTLP."""

import asyncio

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from xacthuc.telemetry.spans import otlp_recorder
from xacthuc.telemetry.tracing import Tracer


@pytest.fixture
async def collector():
    """An OTLP/gRPC receiver: its endpoint, and the requests it received."""
    received = []

    async def export(request, _context):
        received.append(request)
        return trace_service_pb2.ExportTraceServiceResponse()

    handler = grpc.unary_unary_rpc_method_handler(
        export,
        trace_service_pb2.ExportTraceServiceRequest.FromString,
        trace_service_pb2.ExportTraceServiceResponse.SerializeToString,
    )
    server = grpc.aio.server()
    service = "opentelemetry.proto.collector.trace.v1.TraceService"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"Export": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"http://127.0.0.1:{port}", received
    await server.stop(None)


async def test_a_finished_span_is_exported_with_its_resource_its_parent_and_its_link(collector):
    endpoint, received = collector
    recorder = otlp_recorder("otp", endpoint)
    with Tracer(recorder, 1.0).job("delivery", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") as job:
        job.set("provider", "console")
    await asyncio.to_thread(recorder.shutdown)

    (resource,) = [each for request in received for each in request.resource_spans]
    (span,) = resource.scope_spans[0].spans
    names = {attribute.key: attribute.value.string_value for attribute in resource.resource.attributes}
    assert names["service.name"] == "xacthuc-otp"
    assert (span.name, span.trace_id.hex()) == ("delivery", job.context.trace_id_hex)
    assert [link.trace_id.hex() for link in span.links] == ["4bf92f3577b34da6a3ce929d0e0e4736"]
    assert [(a.key, a.value.string_value) for a in span.attributes] == [("provider", "console")]
