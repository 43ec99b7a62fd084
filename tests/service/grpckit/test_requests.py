"""Whatever bytes arrive, the caller hears what is wrong with them; never UNKNOWN, never INTERNAL."""

import grpc
import pytest

from xacthuc.api.otp.v1 import service_pb2

GARBAGE = {
    "truncated": b"\x0a\xff\x01",
    "not a message": b"\xff\xff\xff\xff",
    "wrong wire type": b"\x08\x96\x01\x0b",
    "not UTF-8": b"\x12\x02\xc3\x28",
}


@pytest.mark.parametrize("raw", GARBAGE.values(), ids=GARBAGE.keys())
async def test_bytes_that_are_not_the_message_are_refused_as_malformed(deploy, fails, raw):
    deployment = await deploy()

    failure = await fails(deployment.check(raw))

    assert (failure.code, failure.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST")


async def test_garbage_without_credentials_is_told_about_the_credentials_alone(deploy, fails):
    deployment = await deploy()

    failure = await fails(deployment.check(b"\xff\xff", key=None))

    assert failure.reason == "CREDENTIALS_MISSING"


async def test_every_faulty_field_is_named(deploy, fails, make_check_request):
    deployment = await deploy()

    failure = await fails(deployment.check(make_check_request(name="x", code="12", request_id="y")))

    assert (failure.code, failure.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELDS")
    assert failure.fields == {"name": "STRING_PATTERN", "code": "STRING_PATTERN", "request_id": "STRING_UUID"}


async def test_an_empty_message_names_its_required_fields(deploy, fails):
    deployment = await deploy()

    failure = await fails(deployment.check(b""))

    assert failure.fields.keys() == {"name", "code", "request_id"}


async def test_a_refusal_repeats_nothing_that_was_sent(deploy, fails, make_check_request):
    deployment = await deploy()

    failure = await fails(deployment.check(make_check_request(code="987654321")))

    assert "987654321" not in f"{failure.message}{failure.info}{deployment.log.read_text()}"


async def test_an_unknown_enum_value_names_its_field(deploy, fails):
    deployment = await deploy()
    channel = await deployment.public()
    request = service_pb2.StartChallengeRequest(
        phone_number="0912345678", subject="accounts/a", request_id="0b2f7a52-53c1-4e0e-9d3c-3f1f0f1b8a11"
    )
    request.purpose = 99
    start = channel.unary_unary(
        "/xacthuc.api.otp.v1.OtpService/StartChallenge", service_pb2.StartChallengeRequest.SerializeToString
    )

    failure = await fails(start(request, metadata=(("authorization", f"Bearer {deployment.key.text}"),), timeout=5))

    assert failure.fields == {"purpose": "ENUM_DEFINED_ONLY"}


async def test_a_request_above_64_kib_is_refused_by_the_core(deploy, make_check_request):
    deployment = await deploy()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await deployment.check(make_check_request(name="x" * 70_000))

    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_an_unknown_method_is_unimplemented(deploy):
    deployment = await deploy()
    channel = await deployment.public()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary("/xacthuc.api.otp.v1.OtpService/Nothing")(b"", timeout=5)

    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
