"""Bad input gets the right status, names every faulty field, costs nothing, and is never INTERNAL."""

from __future__ import annotations

import uuid
from typing import Any

import grpc
import pytest
from otp_service import Challenge, Deployment, Refused, answer

from xacthuc.api.otp.v1 import resources_pb2, service_pb2

pytestmark = pytest.mark.engine

SERVICE = "/xacthuc.api.otp.v1.OtpService/"


async def refusal(call: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        await call
    return refused.value


async def raw(otp: Deployment, method: str, body: bytes, **options: Any) -> Any:
    """Sends bytes as they are."""
    channel = grpc.aio.insecure_channel(otp.address)
    async with channel:
        options = {"metadata": otp.forum.metadata, "timeout": 10, **options}
        return await answer(channel.unary_unary(SERVICE + method)(body, **options))


async def test_every_faulty_field_is_named(otp: Deployment) -> None:
    refused = await refusal(
        otp.forum.start(
            "",
            purpose=99,
            subject="accounts/0912345678",
            locale="fr",
            client=resources_pb2.Client(ip="1.2.3", port=70000, device_id="x" * 129),
            request_id="not-a-uuid",
        )
    )
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert set(refused.fields) == {
        "phone_number",
        "purpose",
        "subject",
        "locale",
        "client.ip",
        "client.port",
        "client.device_id",
        "request_id",
    }


@pytest.mark.parametrize(
    ("fields", "faulty"),
    [
        ({"purpose": Challenge.GUARDIAN_LINK}, "subject"),
        ({"subject": "links/one"}, "subject"),
        ({"channel": Challenge.VOICE}, "channel"),
    ],
)
async def test_fields_that_contradict_each_other_are_named(
    otp: Deployment, fields: dict[str, Any], faulty: str
) -> None:
    assert (await refusal(otp.forum.start(**fields))).fields == [faulty]


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "１２３４５６"])
async def test_a_code_is_six_ascii_digits(otp: Deployment, code: str) -> None:
    started = await otp.forum.start()
    assert (await refusal(otp.forum.check(started.name, code))).fields == ["code"]
    assert (await otp.forum.get(started.name)).remaining_checks == 5


@pytest.mark.parametrize("body", [b"\xff\xff\xff\xff", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x02\xc3\x28"])
async def test_garbage_and_broken_utf8_are_malformed(otp: Deployment, body: bytes) -> None:
    refused = await refusal(raw(otp, "StartChallenge", body))
    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST")


async def test_a_message_that_is_too_large_is_refused_by_the_core(otp: Deployment) -> None:
    request = service_pb2.LookupNumberRequest(phone_number="0" * 100_000)
    with pytest.raises(Refused) as refused:
        await raw(otp, "LookupNumber", request.SerializeToString())
    assert refused.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_method_that_is_not_in_the_contract_is_unimplemented(otp: Deployment) -> None:
    with pytest.raises(Refused) as refused:
        await raw(otp, "StealCode", b"")
    assert refused.value.code is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ((), "CREDENTIALS_MISSING"),
        ((("authorization", "Basic abc"),), "CREDENTIALS_MALFORMED"),
        ((("authorization", "Bearer xt_dev_" + "A" * 43),), "CREDENTIALS_UNKNOWN"),
        ((("x-xacthuc-platform", "forum"),), "CREDENTIALS_MISSING"),
    ],
)
async def test_a_call_without_a_good_key_is_unauthenticated(
    otp: Deployment, metadata: tuple[tuple[str, str], ...], reason: str
) -> None:
    request = service_pb2.LookupNumberRequest(phone_number="0912345678")
    refused = await refusal(answer(otp.forum.stub.LookupNumber(request, metadata=metadata, timeout=5)))
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, reason)


async def test_an_internal_method_is_not_on_the_public_port(otp: Deployment) -> None:
    channel = grpc.aio.insecure_channel(otp.address)
    async with channel:
        call = channel.unary_unary("/xacthuc.api.otp.v1.OtpInternal/RedeemProof")
        refused = await refusal(answer(call(b"", metadata=otp.forum.metadata, timeout=5)))
    assert refused.code is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("number", ["0912345678", "+1 202 555 0100", "\x00", "0" * 64, "０９１２３４５６７８"])
async def test_looking_a_number_up_never_fails(otp: Deployment, number: str) -> None:
    request = service_pb2.LookupNumberRequest(phone_number=number, locale="en")
    info = await otp.forum.call("LookupNumber", request)
    assert info.accepted is bool(info.e164)
    assert bool(info.refusal) is bool(info.explanation) is not info.accepted


async def test_a_refused_start_costs_no_allowance(otp: Deployment) -> None:
    for _ in range(20):
        await refusal(otp.forum.start("024 3825 1234"))
    assert (await otp.forum.start(request_id=str(uuid.uuid4()))).state == Challenge.PENDING
