"""Spans reach a collector over OTLP."""

import asyncio
import gzip
import threading
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from structlog.testing import capture_logs

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


@asynccontextmanager
async def counted(endpoint):
    """A way to a receiver on which the octets are counted: gRPC tells a handler nothing of how a message came."""
    sent = []
    host, port = endpoint.removeprefix("http://").split(":")

    async def carry(reader, writer, count):
        while data := await reader.read(65_536):
            count(len(data))
            writer.write(data)
            await writer.drain()
        writer.close()

    async def connected(reader, writer):
        there = await asyncio.open_connection(host, int(port))
        await asyncio.gather(carry(reader, there[1], sent.append), carry(there[0], writer, lambda _octets: None))

    async with await asyncio.start_server(connected, host, 0) as server:
        yield f"http://{host}:{server.sockets[0].getsockname()[1]}", sent


@pytest.mark.parametrize("compression", ["none", "gzip"])
async def test_spans_over_grpc_are_packed_where_it_is_asked_for(collector, compression):
    endpoint, received = collector
    async with counted(endpoint) as (way, sent):
        recorder = otlp_recorder("otp", way, compression)
        for _ in range(400):
            Tracer(recorder, 1.0).job("delivery", None, {"provider": "console"}).end()
        await asyncio.to_thread(recorder.shutdown)

    assert sum(len(each.resource_spans[0].scope_spans[0].spans) for each in received) == 400
    assert (sum(sent) < sum(each.ByteSize() for each in received) / 2) == (compression == "gzip")


@pytest.fixture
def http_collector():
    """An OTLP/HTTP receiver: its endpoint, the requests it received, and what it answers."""
    received, answers = [], []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            if packed := self.headers["content-encoding"] == "gzip":
                body = gzip.decompress(body)
            received.append((self.path, self.headers["content-type"], packed, body))
            self.send_response(answers.pop() if answers else 200)
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/traces", received, answers
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("compression", ["none", "gzip"])
async def test_an_endpoint_with_a_path_is_spoken_to_over_http(http_collector, compression):
    endpoint, received, _ = http_collector
    recorder = otlp_recorder("otp", endpoint, compression)
    with Tracer(recorder, 1.0).job("delivery", None, {"tries": 2, "late": False, "share": 0.5}):
        pass
    await asyncio.to_thread(recorder.shutdown)

    [(path, kind, packed, body)] = received
    request = trace_service_pb2.ExportTraceServiceRequest.FromString(body)
    [span] = request.resource_spans[0].scope_spans[0].spans
    assert (path, kind, packed) == ("/v1/traces", "application/x-protobuf", compression == "gzip")
    values = {each.key: each.value for each in span.attributes}
    assert (values["tries"].int_value, values["late"].bool_value, values["share"].double_value) == (2, False, 0.5)
    assert values["late"].WhichOneof("value") == "bool_value"


async def test_spans_that_a_collector_refuses_are_dropped_and_told(http_collector):
    endpoint, received, answers = http_collector
    answers.append(503)
    recorder = otlp_recorder("otp", endpoint)
    with capture_logs() as logs:
        with Tracer(recorder, 1.0).job("delivery"):
            pass
        await asyncio.to_thread(recorder.shutdown)

    assert len(received) == 1
    assert [(line["event"], line["spans"]) for line in logs] == [("spans_dropped", 1)]


async def test_a_collector_that_is_away_costs_no_memory():
    recorder = otlp_recorder("otp", "http://127.0.0.1:9/v1/traces")
    tracer = Tracer(recorder, 1.0)
    with capture_logs() as logs:
        for _ in range(6_000):
            tracer.job("delivery").end()
        await asyncio.to_thread(recorder.shutdown)

    assert sum(line["spans"] for line in logs) == 6_000


@pytest.mark.parametrize("endpoint", ["collector:4317", "ftp://collector/v1/traces", "/v1/traces"])
def test_an_endpoint_that_is_none_is_refused_at_the_start(endpoint):
    with pytest.raises(ValueError, match="OTLP endpoint"):
        otlp_recorder("otp", endpoint)
