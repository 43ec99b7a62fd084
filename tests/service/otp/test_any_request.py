"""Whatever a request holds, its caller is told what became of it: no message of any method is a defect of ours."""

from __future__ import annotations

import asyncio
import os

import grpc
import pytest
from any_message import Known, message
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from hypothesis import given, settings
from otp_service import Deployment
from silent_channel import TOKEN, operator, otp

from xacthuc.api.otp.v1 import admin_pb2, internal_pb2, resources_pb2, service_pb2

__all__ = ["operator", "otp"]

pytestmark = pytest.mark.engine

SERVICES = {
    "OtpService": service_pb2,
    "OtpInternal": internal_pb2,
    "OtpAdmin": admin_pb2,
}
METHODS = {
    method.full_name.removeprefix("xacthuc.api.otp.v1."): method
    for service, module in SERVICES.items()
    for method in module.DESCRIPTOR.services_by_name[service].methods
    if not method.server_streaming
}
PEERS = {
    "OtpInternal/SendNotice": "backfill",
    "OtpInternal/RedeemProof": "identity",
    "OtpInternal/DigestDevice": "guardian",
}

PLAUSIBLE: Known = {
    "phone_number": ["0912345678", "+84 91 234 56 79", "02438251234", "113"],
    "phone_numbers": ["0912345678", "0912345679", "113"],
    "subject": ["accounts/lan", "links/a", "operator:viettel", "prefix:x", "provider:none"],
    "purposes": [1, 2, 3, 4],
    "operator": ["viettel", "unknown", "x" * 32],
    "network_token": [TOKEN, "a,b", "=" * 9],
    "name": ["challenges/" + "A" * 24, "challenges/" + "_" * 24],
    "code": ["000000", "123456"],
    "locale": ["", "vi", "en"],
    "platform": ["platforms/forum", "platforms/nobody-here"],
    "template": ["verification_due", "no_such_notice"],
    "proof_token": ["A" * 24 + "." + "B" * 43, "_" * 24 + "." + "-" * 43],
    "reason": ["ticket 7", "\N{ZERO WIDTH SPACE}", "a:b\n\r\0"],
    "source": ["operator"],
    "ip": ["203.0.113.7", "2001:db8::1", "::ffff:203.0.113.7"],
    "daily_cap_vnd": [-1, 0, 1_000_000_000_000],
    "seconds": [0, 60, 3_600, 86_400, 2_592_000],
    "nanos": [0, 1, 999_999_999],
}
SOAK = 2_000 if os.environ.get("XACTHUC_SOAK") else 0


async def status_of(otp: Deployment, method: MethodDescriptor, request: Message) -> grpc.StatusCode:
    service, name = method.containing_service.name, method.name
    try:
        if service == "OtpService":
            await getattr(otp.forum.stub, name)(request, metadata=otp.forum.metadata, timeout=10)
        else:
            channel = otp.channels[PEERS.get(f"{service}/{name}", "cli")]
            call = channel.unary_unary(f"/{method.containing_service.full_name}/{name}")
            metadata = (("x-xacthuc-platform", "forum"),)
            await call(request.SerializeToString(), timeout=10, metadata=metadata)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize("method", METHODS)
async def test_no_request_is_answered_with_a_defect_of_ours(otp: Deployment, method: str) -> None:
    """Run against one service that has challenges of both kinds; what one request changed the next one meets."""
    verified, *others = [
        await otp.forum.start(),
        await otp.forum.start(),
        await otp.forum.start(channel=resources_pb2.Challenge.NETWORK),
    ]
    proof = (await otp.forum.check(verified.name, otp.code(verified.name))).proof_token
    known = {name: list(values) for name, values in PLAUSIBLE.items()}
    known["name"] = [*(each.name for each in others), *PLAUSIBLE["name"]]
    known["proof_token"] = [proof, *PLAUSIBLE["proof_token"]]
    loop, seen = asyncio.get_running_loop(), set()

    # The same requests each time, so that what comes past the checks does not depend on luck; others in a long run.
    @settings(max_examples=SOAK or 60, derandomize=not SOAK)
    @given(request=message(METHODS[method].input_type, known))
    def every_request_is_answered(request: Message) -> None:
        asked = asyncio.run_coroutine_threadsafe(status_of(otp, METHODS[method], request), loop)
        seen.add(status := asked.result())
        assert status not in {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DEADLINE_EXCEEDED}

    await asyncio.to_thread(every_request_is_answered)
    assert seen - {grpc.StatusCode.INVALID_ARGUMENT}, "no request came past the checks of its fields"
