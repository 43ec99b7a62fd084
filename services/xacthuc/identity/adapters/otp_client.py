"""The one-time-code service, over its internal port."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.api.otp.v1 import internal_pb2, internal_pb2_grpc, resources_pb2
from xacthuc.identity.ports.numbers import Proof
from xacthuc.policy import Purpose

if TYPE_CHECKING:
    from collections.abc import Collection

    from xacthuc.grpckit.call import Call
    from xacthuc.grpckit.channels import ServiceChannel

_Challenge = resources_pb2.Challenge


_NOTICE_TIME: Final = timedelta(seconds=2)


class OtpClient:
    """The port `Proofs`, and notices."""

    def __init__(self, otp: ServiceChannel) -> None:
        """Takes the channel, which belongs to `main.py`."""
        self._otp = otp
        stub = internal_pb2_grpc.OtpInternalStub(otp.channel)
        self._redeem = stub.RedeemProof
        self._notice = stub.SendNotice

    async def redeem(
        self, token: str, subject: str, purposes: Collection[Purpose], request_id: str, call: Call
    ) -> Proof:
        """Asks within what is left of the call's time."""
        request = internal_pb2.RedeemProofRequest(
            proof_token=token,
            subject=subject,
            purposes=[_Challenge.Purpose.Value(purpose.value) for purpose in purposes],
            request_id=request_id,
        )
        proof = await self._otp.ask(self._redeem, request, call=call)
        return Proof(
            proof_id=proof.proof_id,
            number=proof.phone_number,
            purpose=_purpose(proof.purpose),
            subject=proof.subject,
            verify_time=proof.verify_time.ToDatetime(UTC),
            source=f"otp/{_channel(proof.channel)}",
        )

    async def send_notice(self, platform: str, number: str, template: str, request_id: str) -> None:
        """Has a number (E.164) told something, behind everything that a person waits for. Raises what the service says."""
        request = internal_pb2.SendNoticeRequest(
            phone_number=number, template=template, lane=internal_pb2.SendNoticeRequest.BULK, request_id=request_id
        )
        await self._otp.tell(self._notice, request, within=_NOTICE_TIME, platform=platform)


def _purpose(number: int) -> Purpose | None:
    """An open enum on the wire: a newer service may send a value this one does not know."""
    value = _Challenge.Purpose.DESCRIPTOR.values_by_number.get(number)
    return Purpose(value.name) if value is not None and value.name in Purpose.__members__ else None


def _channel(number: int) -> str:
    value = _Challenge.Channel.DESCRIPTOR.values_by_number.get(number)
    return "unknown" if value is None else value.name.lower()
