"""The one-time-code service, over its internal port, within the time of the call that asks."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from xacthuc.api.otp.v1 import internal_pb2, internal_pb2_grpc, resources_pb2
from xacthuc.guardian.ports.people import Proof

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.grpckit.channels import ServiceChannel


class OtpClient:
    """The port `Proofs`."""

    def __init__(self, otp: ServiceChannel) -> None:
        """Takes the channel, which belongs to `assembly.py`."""
        self._otp = otp
        stub = internal_pb2_grpc.OtpInternalStub(otp.channel)
        self._redeem, self._device = stub.RedeemProof, stub.DigestDevice

    async def redeem(self, token: str, link: str, request_id: str, call: Call) -> Proof:
        """A proof that was made for anything but this link is refused there, and stays good."""
        request = internal_pb2.RedeemProofRequest(
            proof_token=token,
            subject=f"links/{link}",
            purposes=[resources_pb2.Challenge.GUARDIAN_LINK],
            request_id=request_id,
        )
        proof = await self._otp.ask(self._redeem, request, call=call)
        return Proof(
            proof_id=proof.proof_id,
            number=proof.phone_number,
            verify_time=proof.verify_time.ToDatetime(UTC),
            channel=proof.channel,
            device=proof.device,
        )

    async def device(self, device_id: str, call: Call) -> str:
        """Asks: the key of the digest is otp's alone."""
        request = internal_pb2.DigestDeviceRequest(device_id=device_id)
        return (await self._otp.ask(self._device, request, call=call)).device
