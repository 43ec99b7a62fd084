"""Operators that fail, refuse or hang: nothing is counted, nobody waits long, and a code follows."""

from __future__ import annotations

import uuid
from datetime import timedelta

import grpc
import pytest
from fake_operator import Behaviour, FakeOperator, answers, falls_silent, hangs_up, refuses, says
from otp_service import Challenge, Deployment, Refused
from silent_channel import TOKEN, operator, otp

from xacthuc.api.otp.v1 import service_pb2

__all__ = ["operator", "otp"]

pytestmark = pytest.mark.engine

Verdict = service_pb2.CheckCodeResponse
NETWORK, SMS = Challenge.NETWORK, Challenge.SMS
MOBILE = "NUMBER_VERIFICATION.USER_NOT_AUTHENTICATED_BY_MOBILE_NETWORK"


FAULTS: dict[str, Behaviour] = {
    "silence": falls_silent,
    "a broken connection": hangs_up,
    "garbage": answers(200, b"<html>welcome</html>"),
    "no boolean": answers(200, {"devicePhoneNumberVerified": "true"}),
    "a redirect": answers(302, b"", location="http://127.0.0.1:1/verify"),
    "too long an answer": answers(200, b'{"devicePhoneNumberVerified":true' + b" " * 20_000 + b"}"),
    "packed bytes": answers(200, b"\x1f\x8b\x08", content_encoding="gzip"),
    "an outage": answers(503, b"", retry_after="30"),
    "throttling": refuses(429, "TOO_MANY_REQUESTS"),
    "throttling for longer than anybody counts": answers(429, b"", retry_after="9" * 5_000),
    "a refused request": refuses(400, "INVALID_ARGUMENT"),
    "a firewall": answers(403, b"Forbidden"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_an_operator_that_does_not_answer_counts_nothing_and_a_code_follows(
    otp: Deployment, operator: FakeOperator, fault: str
) -> None:
    operator.otherwise = FAULTS[fault]
    started = await otp.forum.start(channel=NETWORK)
    with pytest.raises(Refused) as raised:
        await otp.forum.check_network(started.name, TOKEN)
    assert (raised.value.code, raised.value.reason) == (grpc.StatusCode.UNAVAILABLE, "NETWORK_UNAVAILABLE")
    assert (await otp.forum.get(started.name)).remaining_checks == 5
    resent = await otp.forum.resend(started.name, channel=SMS)
    assert (resent.channel, resent.delivery.state) == (SMS, Challenge.Delivery.QUEUED)
    assert (await otp.forum.check(started.name, otp.code(started.name))).verdict == Verdict.VERIFIED


async def test_an_operator_that_is_down_counts_nothing(otp: Deployment, operator: FakeOperator) -> None:
    await operator.close()
    started = await otp.forum.start(channel=NETWORK)
    with pytest.raises(Refused) as raised:
        await otp.forum.check_network(started.name, TOKEN)
    assert raised.value.reason == "NETWORK_UNAVAILABLE"


async def test_a_connection_that_breaks_is_tried_again_once(otp: Deployment, operator: FakeOperator) -> None:
    operator.script.append(hangs_up)
    started = await otp.forum.start(channel=NETWORK)
    assert (await otp.forum.check_network(started.name, TOKEN)).verdict == Verdict.VERIFIED


@pytest.mark.parametrize(
    ("status", "code", "fault"),
    [
        (401, "UNAUTHENTICATED", "TOKEN_REFUSED"),
        (403, "PERMISSION_DENIED", "TOKEN_NOT_PERMITTED"),
        (403, MOBILE, "NOT_BY_MOBILE_NETWORK"),
    ],
)
async def test_a_token_that_the_operator_refuses_is_a_faulty_field_and_counts_nothing(
    otp: Deployment, operator: FakeOperator, status: int, code: str, fault: str
) -> None:
    operator.otherwise = refuses(status, code)
    started = await otp.forum.start(channel=NETWORK)
    with pytest.raises(Refused) as raised:
        await otp.forum.check_network(started.name, TOKEN)
    assert (raised.value.code, raised.value.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "NETWORK_TOKEN_INVALID")
    assert raised.value.fields == ["network_token"]
    assert fault in str(raised.value.status)
    assert (await otp.forum.get(started.name)).remaining_checks == 5


async def test_nobody_has_an_operator_asked_without_end(otp: Deployment, operator: FakeOperator) -> None:
    operator.otherwise = refuses(401, "UNAUTHENTICATED")
    started = await otp.forum.start(channel=NETWORK)
    reasons = []
    for _ in range(12):
        with pytest.raises(Refused) as raised:
            await otp.forum.check_network(started.name, TOKEN)
        reasons.append(raised.value.reason)
    assert reasons == ["NETWORK_TOKEN_INVALID"] * 10 + ["LIMIT_EXCEEDED"] * 2
    assert len(operator.asked) == 10


async def test_an_operator_that_keeps_failing_is_left_alone_and_found_again(
    otp: Deployment, operator: FakeOperator
) -> None:
    operator.otherwise = answers(500, b"")
    started = await otp.forum.start(channel=NETWORK)
    for _ in range(8):
        with pytest.raises(Refused, match="does not answer"):
            await otp.forum.check_network(started.name, TOKEN)
    assert len(operator.asked) == 5, "the others were not kept waiting"
    operator.otherwise = says(verified=True)
    otp.clock.advance(timedelta(seconds=3))
    assert (await otp.forum.check_network(started.name, TOKEN)).verdict == Verdict.VERIFIED


async def test_a_caller_in_a_hurry_does_not_speak_for_the_operator(otp: Deployment, operator: FakeOperator) -> None:
    """Six calls that granted too little time would otherwise close the channel to everybody."""
    operator.otherwise = falls_silent
    started = await otp.forum.start(channel=NETWORK)
    for _ in range(6):
        request = service_pb2.CheckNetworkRequest(
            name=started.name, operator="viettel", network_token=TOKEN, request_id=str(uuid.uuid4())
        )
        with pytest.raises(grpc.aio.AioRpcError):
            await otp.forum.stub.CheckNetwork(request, metadata=otp.forum.metadata, timeout=0.1)
    operator.otherwise = says(verified=True)
    assert (await otp.forum.check_network(started.name, TOKEN)).verdict == Verdict.VERIFIED
