"""Services calling services: the platform, the trace and the time left travel along, and errors come back as ours."""

import asyncio
from datetime import timedelta
from time import monotonic

import pytest

from xacthuc.api.otp.v1 import internal_pb2
from xacthuc.api.otp.v1.internal_pb2_grpc import OtpInternalStub
from xacthuc.grpckit.call import Call
from xacthuc.grpckit.channels import ServiceChannel
from xacthuc.grpckit.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidRequest,
    LimitExceeded,
    RequestIdReused,
    Unavailable,
)
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.telemetry.tracing import activate

REQUEST = internal_pb2.RedeemProofRequest(
    proof_token=f"{'a' * 24}.{'b' * 43}",
    request_id="0b2f7a52-53c1-4e0e-9d3c-3f1f0f1b8a11",
    subject="accounts/a",
    purposes=["ACCOUNT_VERIFICATION"],
)


@pytest.fixture
async def connect():
    """`await connect(deployment)` gives a channel to it, and the call on whose behalf the tests speak."""
    channels = []

    async def channel_to(deployment, *, certificate="identity", peer="otp", seconds=2.0, config=""):
        tls = TlsFiles(deployment.settings.tls_directory, certificate)
        channel = ServiceChannel(
            deployment.addresses["internal"], tls, deployment.telemetry, peer=peer, service_config=config
        )
        channels.append(channel)
        trace = deployment.telemetry.tracer.root()
        activate(trace)
        return channel, OtpInternalStub(channel.channel), Call("/test", trace, monotonic() + seconds, "forum")

    yield channel_to
    for channel in channels:
        await channel.close()


def raising(error):
    async def behave(_request, _call):
        raise error

    return behave


async def test_platform_trace_and_time_left_travel_with_the_call(deploy, connect):
    deployment = await deploy()
    seen = []

    async def remember(_request, call):
        seen.append((call.platform, call.peer, call.trace.trace_id, call.remaining()))
        return internal_pb2.Proof()

    deployment.probe.does = remember
    channel, stub, call = await connect(deployment)
    left = call.remaining()
    await channel.ask(stub.RedeemProof, REQUEST, call=call)

    ((platform, peer, trace_id, remaining),) = seen
    assert (platform, peer, trace_id) == ("forum", "identity", call.trace.trace_id)
    assert remaining < left


async def test_the_span_of_the_call_stands_between_the_callers_and_the_servers(deploy, connect):
    deployment = await deploy()

    async def answer(_request, _call):
        return internal_pb2.Proof()

    deployment.probe.does = answer
    channel, stub, call = await connect(deployment)
    await channel.ask(stub.RedeemProof, REQUEST, call=call)

    server, client = deployment.spans.get_finished_spans()
    assert server.parent.span_id == client.context.span_id
    assert client.parent.span_id == call.trace.span_id
    assert client.name == "xacthuc.api.otp.v1.OtpInternal/RedeemProof"


@pytest.mark.parametrize(
    ("raised", "received"),
    [
        (FailedPrecondition(Reason.PROOF_EXPIRED, "too old"), (FailedPrecondition, Reason.PROOF_EXPIRED)),
        (InvalidRequest(reason=Reason.PROOF_INVALID, message="never issued"), (InvalidRequest, Reason.PROOF_INVALID)),
        (LimitExceeded("slow down", limit="SYSTEM"), (LimitExceeded, Reason.LIMIT_EXCEEDED)),
        (RequestIdReused(), (RequestIdReused, Reason.REQUEST_ID_REUSED)),
        (Unavailable(Reason.STORE_UNAVAILABLE, "down"), (Unavailable, Reason.SERVICE_UNAVAILABLE)),
        (RuntimeError("a defect"), (Internal, Reason.INTERNAL_ERROR)),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_another_service_raised_is_raised_here(deploy, connect, raised, received):
    deployment = await deploy()
    deployment.probe.does = raising(raised)
    channel, stub, call = await connect(deployment)

    with pytest.raises(received[0]) as caught:
        await channel.ask(stub.RedeemProof, REQUEST, call=call)

    assert (type(caught.value), caught.value.reason) == received


@pytest.mark.parametrize(
    "raised",
    [
        FailedPrecondition(Reason.PROOF_EXPIRED, "too old", metadata={"next_step": "VERIFY_PHONE"}),
        InvalidRequest(reason=Reason.PROOF_INVALID, message="never issued", metadata={"next_step": "VERIFY_PHONE"}),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_to_do_next_is_told_on(deploy, connect, raised):
    deployment = await deploy()
    deployment.probe.does = raising(raised)
    channel, stub, call = await connect(deployment)

    with pytest.raises(type(raised)) as caught:
        await channel.ask(stub.RedeemProof, REQUEST, call=call)

    assert caught.value.metadata == {"next_step": "VERIFY_PHONE"}


async def test_a_retry_time_of_another_service_is_kept(deploy, connect):
    deployment = await deploy()
    deployment.probe.does = raising(Unavailable(Reason.STORE_UNAVAILABLE, "down", retry_after=timedelta(seconds=7)))
    channel, stub, call = await connect(deployment)

    with pytest.raises(Unavailable) as caught:
        await channel.ask(stub.RedeemProof, REQUEST, call=call)

    assert caught.value.retry_after == timedelta(seconds=7)


async def test_being_denied_by_another_service_is_a_defect_of_ours(deploy, connect):
    deployment = await deploy(allow={})
    channel, stub, call = await connect(deployment)

    with pytest.raises(Internal):
        await channel.ask(stub.RedeemProof, REQUEST, call=call)


async def test_a_service_that_does_not_answer_is_given_up_before_our_own_caller_gives_us_up(deploy, connect):
    deployment = await deploy()

    async def forever(_request, _call):
        await asyncio.Event().wait()

    deployment.probe.does = forever
    channel, stub, call = await connect(deployment, seconds=0.3)

    with pytest.raises(DeadlineExceeded):
        await channel.ask(stub.RedeemProof, REQUEST, call=call)

    assert call.remaining() > timedelta(0)


async def test_nothing_is_asked_when_no_time_is_left(deploy, connect):
    deployment = await deploy()
    channel, stub, call = await connect(deployment, seconds=0.01)

    with pytest.raises(DeadlineExceeded):
        await channel.ask(stub.RedeemProof, REQUEST, call=call)

    assert deployment.calls() == []


async def test_a_service_with_another_name_in_its_certificate_is_not_trusted(deploy, connect):
    deployment = await deploy()
    channel, stub, call = await connect(deployment, peer="identity")

    with pytest.raises(Unavailable):
        await channel.ask(stub.RedeemProof, REQUEST, call=call)


async def test_a_retry_policy_repeats_a_call_that_was_unavailable(deploy, connect):
    deployment = await deploy()
    attempts = []

    async def fail_twice(_request, call):
        attempts.append(call)
        if len(attempts) < 3:
            raise Unavailable(Reason.STORE_UNAVAILABLE, "down")
        return internal_pb2.Proof()

    deployment.probe.does = fail_twice
    policy = (
        '{"methodConfig": [{"name": [{"service": "xacthuc.api.otp.v1.OtpInternal"}], "retryPolicy": {"maxAttempts": 3,'
        ' "initialBackoff": "0.01s", "maxBackoff": "0.02s", "backoffMultiplier": 2,'
        ' "retryableStatusCodes": ["UNAVAILABLE"]}}]}'
    )
    channel, stub, call = await connect(deployment, config=policy)
    await channel.ask(stub.RedeemProof, REQUEST, call=call)

    assert len(attempts) == 3


async def test_work_without_a_caller_names_its_own_time_and_platform(deploy, connect):
    deployment = await deploy()
    platforms = []

    async def remember(_request, call):
        platforms.append(call.platform)
        return internal_pb2.Proof()

    deployment.probe.does = remember
    channel, stub, _ = await connect(deployment)
    await channel.tell(stub.RedeemProof, REQUEST, within=timedelta(seconds=20), platform="forum")

    assert platforms == ["forum"]


async def test_a_stream_that_fails_raises_after_what_it_yielded(deploy, connect):
    deployment = await deploy()

    async def behave(_request, _call):
        async def each():
            yield internal_pb2.WatchOutcomesResponse()
            raise FailedPrecondition(Reason.CHALLENGE_CLOSED, "over")

        return each()

    deployment.probe.does = behave
    channel, stub, _ = await connect(deployment)
    answers = []

    async def read_all():
        async for answer in channel.watch(stub.WatchOutcomes, internal_pb2.WatchOutcomesRequest()):
            answers.append(answer)  # noqa: PERF401 - those before the failure count

    with pytest.raises(FailedPrecondition):
        await read_all()

    assert len(answers) == 1
