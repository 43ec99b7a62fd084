"""Every call leaves one line, one observation and, when sampled, one tree of spans; nothing personal in any of them."""

from opentelemetry.trace import SpanKind
from prometheus_client import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from xacthuc.api.otp.v1 import internal_pb2
from xacthuc.telemetry.tracing import span

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
CALLER_TRACE = 0x4BF92F3577B34DA6A3CE929D0E0E4736
CALLER_SPAN = 0x00F067AA0BA902B7


async def redeem(channel, traceparent):
    method = channel.unary_unary(
        "/xacthuc.api.otp.v1.OtpInternal/RedeemProof",
        internal_pb2.RedeemProofRequest.SerializeToString,
        internal_pb2.Proof.FromString,
    )
    request = internal_pb2.RedeemProofRequest(
        proof_token=f"{'a' * 24}.{'b' * 43}",
        request_id="0b2f7a52-53c1-4e0e-9d3c-3f1f0f1b8a11",
        subject="accounts/a",
        purposes=["ACCOUNT_VERIFICATION"],
    )
    return await method(request, metadata=(("traceparent", traceparent), ("x-xacthuc-platform", "forum")), timeout=5)


async def test_a_call_leaves_one_line_that_says_who_what_and_how_long(deploy, verified):
    deployment = await deploy()
    deployment.probe.does = verified

    await deployment.check()

    (line,) = deployment.calls()
    assert line.pop("duration_ms") > 0
    assert len(line.pop("trace_id")) == 32
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "event": "rpc",
        "service": "otp",
        "method": "/xacthuc.api.otp.v1.OtpService/CheckCode",
        "status": "OK",
        "platform": "forum",
        "key_id": "k0",
    }


async def test_the_line_of_a_refusal_names_reason_and_fields_without_their_values(deploy, fails, make_check_request):
    deployment = await deploy()

    await fails(deployment.check(make_check_request(code="12")))

    (line,) = deployment.calls()
    assert (line["status"], line["reason"], line["fields"]) == ("INVALID_ARGUMENT", "INVALID_FIELDS", ["code"])


async def test_a_platforms_trace_is_linked_and_not_continued(deploy, verified):
    deployment = await deploy()
    deployment.probe.does = verified

    await deployment.check(metadata={"traceparent": CALLER})

    (recorded,) = deployment.spans.get_finished_spans()
    assert recorded.parent is None
    assert recorded.context.trace_id != CALLER_TRACE
    assert [(link.context.trace_id, link.context.span_id) for link in recorded.links] == [(CALLER_TRACE, CALLER_SPAN)]


async def test_a_platforms_sampled_bit_switches_nothing_on(deploy, verified):
    deployment = await deploy(sample_ratio=0.0)
    deployment.probe.does = verified

    await deployment.check(metadata={"traceparent": CALLER})

    assert deployment.spans.get_finished_spans() == ()


async def test_a_services_trace_is_continued_with_its_decision(deploy):
    deployment = await deploy(sample_ratio=0.0)

    async def answer(_request, _call):
        return internal_pb2.Proof()

    deployment.probe.does = answer
    channel = await deployment.internal("identity")
    await redeem(channel, CALLER)
    await redeem(channel, CALLER.removesuffix("01") + "00")

    (recorded,) = deployment.spans.get_finished_spans()
    assert (recorded.context.trace_id, recorded.parent.span_id) == (CALLER_TRACE, CALLER_SPAN)


async def test_steps_within_a_call_are_children_of_its_span(deploy, verified):
    deployment = await deploy()

    async def with_steps(request, call):
        with span("outer"), span("inner", {"script": "check"}):
            return await verified(request, call)

    deployment.probe.does = with_steps
    await deployment.check()

    spans = {recorded.name: recorded for recorded in deployment.spans.get_finished_spans()}
    server = spans["xacthuc.api.otp.v1.OtpService/CheckCode"]
    assert server.kind is SpanKind.SERVER
    assert spans["outer"].parent.span_id == server.context.span_id
    assert spans["inner"].parent.span_id == spans["outer"].context.span_id
    assert spans["inner"].attributes == {"script": "check"}


async def test_a_servers_own_failure_marks_the_span_and_a_callers_does_not(deploy, fails):
    deployment = await deploy()

    async def fail(_request, _call):
        raise RuntimeError

    deployment.probe.does = fail
    await fails(deployment.check(b"\xff"))
    await fails(deployment.check())

    theirs, ours = deployment.spans.get_finished_spans()
    assert (theirs.status.is_unset, theirs.attributes["error.type"]) == (True, "MALFORMED_REQUEST")
    assert (ours.status.status_code.name, ours.attributes["rpc.response.status_code"]) == ("ERROR", "INTERNAL")


async def test_calls_are_counted_by_method_and_status_and_errors_by_reason(deploy, verified, fails):
    deployment = await deploy()
    deployment.probe.does = verified
    await deployment.check()
    await deployment.check()
    await fails(deployment.check(b"\xff"))

    text = generate_latest(deployment.telemetry.metrics.registry).decode()

    ok = 'xacthuc_rpc_server_duration_seconds_count{code="OK",method="CheckCode",service="OtpService"} 2.0'
    assert ok in text
    assert 'xacthuc_rpc_server_errors_total{reason="MALFORMED_REQUEST"} 1.0' in text


async def test_the_latency_of_a_sampled_call_names_its_trace(deploy, verified):
    deployment = await deploy()
    deployment.probe.does = verified
    await deployment.check()

    (line,) = deployment.calls()
    text = generate_openmetrics(deployment.telemetry.metrics.registry).decode()

    assert f'# {{trace_id="{line["trace_id"]}"}}' in text


async def test_above_level_info_only_the_lines_of_failed_calls_are_written(deploy, verified, fails):
    deployment = await deploy(log_level="warning")
    deployment.probe.does = verified
    await deployment.check()
    await fails(deployment.check(b"\xff"))

    assert [line["status"] for line in deployment.calls()] == ["INVALID_ARGUMENT"]
