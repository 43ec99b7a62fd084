"""Codes with which a guardian takes a child on: bound to one link, and from which device is told to who compares."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from otp_service import Challenge, Deployment, Refused, answer

from xacthuc.api.otp.v1 import internal_pb2, internal_pb2_grpc, resources_pb2

OF_LINK = {"purpose": Challenge.GUARDIAN_LINK, "subject": "links/l1"}
REDEEMING = {"subject": "links/l1", "purposes": [Challenge.GUARDIAN_LINK]}


async def proven(otp: Deployment, **fields: Any) -> str:
    """Returns the token of a right code."""
    started = await otp.forum.start(**{**OF_LINK, **fields})
    return (await otp.forum.check(started.name, otp.code(started.name))).proof_token


async def digest(otp: Deployment, device: str, platform: str = "forum") -> str:
    request = internal_pb2.DigestDeviceRequest(device_id=device)
    stub = internal_pb2_grpc.OtpInternalStub(otp.channels["guardian"])
    return (await answer(stub.DigestDevice(request, metadata=(("x-xacthuc-platform", platform),)))).device


@pytest.mark.rule("R16")
async def test_a_proof_is_for_its_link_alone(otp: Deployment) -> None:
    token = await proven(otp)

    for asked in ({"subject": "links/l2"}, {"subject": "accounts/l1"}, {"purposes": [Challenge.ACCOUNT_VERIFICATION]}):
        with pytest.raises(Refused) as refused:
            await otp.redeem(token, **{**REDEEMING, **asked})
        assert refused.value.reason == "PROOF_INVALID"
    assert (await otp.redeem(token, **REDEEMING)).subject == "links/l1"


@pytest.mark.rule("R16")
async def test_a_proof_is_used_once_and_only_while_it_is_fresh(otp: Deployment) -> None:
    token, late = await proven(otp), await proven(otp, subject="links/l2")
    request_id = str(uuid.uuid4())
    first = await otp.redeem(token, request_id=request_id, **REDEEMING)

    assert await otp.redeem(token, request_id=request_id, **REDEEMING) == first
    with pytest.raises(Refused) as replayed:
        await otp.redeem(token, **REDEEMING)
    otp.clock.advance(timedelta(minutes=10))
    with pytest.raises(Refused) as expired:
        await otp.redeem(late, **{**REDEEMING, "subject": "links/l2"})
    assert (replayed.value.reason, expired.value.reason) == ("PROOF_REDEEMED", "PROOF_EXPIRED")


async def test_a_proof_tells_by_a_digest_from_which_device_it_is(otp: Deployment) -> None:
    client = resources_pb2.Client(device_id="phone-of-the-child")
    known = await otp.redeem(await proven(otp, client=client), **REDEEMING)
    unknown = await otp.redeem(await proven(otp, subject="links/l2"), **{**REDEEMING, "subject": "links/l2"})

    assert known.device == await digest(otp, "phone-of-the-child")
    assert unknown.device == ""
    assert len({known.device, await digest(otp, "another"), await digest(otp, "phone-of-the-child", "video")}) == 3
    assert "phone-of-the-child" not in otp.log.read_text("utf-8")


async def test_a_device_has_to_be_named(otp: Deployment) -> None:
    with pytest.raises(Refused) as refused:
        await digest(otp, "")
    assert refused.value.fields == ["device_id"]
