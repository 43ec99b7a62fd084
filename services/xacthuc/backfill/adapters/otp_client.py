"""The one-time-code service, over its internal port."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.api.otp.v1 import internal_pb2, internal_pb2_grpc

if TYPE_CHECKING:
    from uuid import UUID

    from xacthuc.grpckit.channels import ServiceChannel

_WITHIN: Final = timedelta(seconds=2)
"""Nobody waits for it."""


class OtpClient:
    """The port `Notices`."""

    def __init__(self, otp: ServiceChannel) -> None:
        """Takes the channel, which belongs to `main.py`."""
        self._otp = otp
        self._notice = internal_pb2_grpc.OtpInternalStub(otp.channel).SendNotice

    async def send(self, platform: str, number: str, template: str, request_id: UUID) -> str:
        """Asks for the bulk lane, behind everything that a person waits for."""
        request = internal_pb2.SendNoticeRequest(
            phone_number=number,
            template=template,
            lane=internal_pb2.SendNoticeRequest.BULK,
            request_id=str(request_id),
        )
        return (await self._otp.tell(self._notice, request, within=_WITHIN, platform=platform)).name
