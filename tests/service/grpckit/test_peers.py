"""The internal port opens to certificates of the deployment's own authority, and each method to listed peers alone."""

import grpc
import pytest

from xacthuc.api.otp.v1 import internal_pb2

REDEEM = "/xacthuc.api.otp.v1.OtpInternal/RedeemProof"
REQUEST = internal_pb2.RedeemProofRequest(
    proof_token=f"{'a' * 24}.{'b' * 43}",
    request_id="0b2f7a52-53c1-4e0e-9d3c-3f1f0f1b8a11",
    subject="accounts/a",
    purposes=["ACCOUNT_VERIFICATION"],
)


async def redeem(channel, **metadata):
    method = channel.unary_unary(
        REDEEM, internal_pb2.RedeemProofRequest.SerializeToString, internal_pb2.Proof.FromString
    )
    headers = tuple((name.replace("_", "-"), value) for name, value in metadata.items())
    return await method(REQUEST, metadata=headers, timeout=5)


async def say_who_calls(_request, call):
    return internal_pb2.Proof(proof_id=call.peer, subject=call.platform)


async def test_a_listed_peer_acts_for_the_platform_it_names(deploy):
    deployment = await deploy()
    deployment.probe.does = say_who_calls

    proof = await redeem(await deployment.internal("identity"), x_xacthuc_platform="forum")

    assert (proof.proof_id, proof.subject) == ("identity", "forum")


async def test_a_peer_that_is_not_listed_is_denied(deploy, fails):
    deployment = await deploy()

    failure = await fails(redeem(await deployment.internal("livestream"), x_xacthuc_platform="forum"))

    assert (failure.code, failure.reason) == (grpc.StatusCode.PERMISSION_DENIED, "PEER_NOT_ALLOWED")


async def test_a_method_without_listed_peers_is_closed_to_everybody(deploy, fails):
    deployment = await deploy(allow={})

    failure = await fails(redeem(await deployment.internal("identity"), x_xacthuc_platform="forum"))

    assert failure.reason == "PEER_NOT_ALLOWED"


async def test_a_client_without_a_certificate_cannot_connect(deploy):
    deployment = await deploy()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await redeem(await deployment.internal("identity", present=False))

    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_platform_key_opens_nothing_on_the_internal_port(deploy, fails):
    deployment = await deploy()
    channel = await deployment.internal("livestream")

    failure = await fails(redeem(channel, authorization=f"Bearer {deployment.key.text}"))

    assert failure.reason == "PEER_NOT_ALLOWED"


async def test_a_call_that_needs_a_platform_fails_when_the_peer_names_none(deploy, fails):
    deployment = await deploy()
    deployment.probe.does = say_who_calls

    failure = await fails(redeem(await deployment.internal("identity")))

    assert (failure.code, failure.reason) == (grpc.StatusCode.UNAUTHENTICATED, "PLATFORM_MISSING")


@pytest.mark.parametrize("platform", ["Forum", "a", "forum/../x", "f" * 41, "forum-"])
async def test_a_platform_header_that_is_no_platform_id_is_refused(deploy, fails, platform):
    deployment = await deploy()
    deployment.probe.does = say_who_calls

    failure = await fails(redeem(await deployment.internal("identity"), x_xacthuc_platform=platform))

    assert failure.reason == "PLATFORM_MISSING"


async def test_an_internal_method_does_not_exist_on_the_public_port(deploy):
    deployment = await deploy()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await redeem(await deployment.public(), authorization=f"Bearer {deployment.key.text}")

    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
