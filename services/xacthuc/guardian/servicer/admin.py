"""Serves officers, on the internal port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.guardian.usecases import reads
from xacthuc.guardian.wire import admin_messages

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from xacthuc.api.guardian.v1 import admin_pb2 as pb2
    from xacthuc.grpckit.call import Call
    from xacthuc.guardian.usecases.guardian import Guardian


class ReadNotes:
    """What methods do first that show what is on record of families."""

    def __init__(self, guardian: Guardian) -> None:
        """Takes what the verbs work with."""
        self._guardian = guardian

    async def __call__(self, request: Message, call: Call) -> None:
        await reads.note_read(self._guardian, **admin_messages.looked_at(request, call))


class GuardianAdminServicer:
    """Serves officers, on the internal port."""

    def __init__(self, guardian: Guardian) -> None:
        """Takes what the verbs work with."""
        self._guardian = guardian

    async def ListLinkHistories(
        self, request: pb2.ListLinkHistoriesRequest, call: Call
    ) -> pb2.ListLinkHistoriesResponse:
        raise NotImplementedError

    async def OpenDispute(self, request: pb2.OpenDisputeRequest, call: Call) -> pb2.Dispute:
        raise NotImplementedError

    async def GetDispute(self, request: pb2.GetDisputeRequest, call: Call) -> pb2.Dispute:
        raise NotImplementedError

    async def ListDisputes(self, request: pb2.ListDisputesRequest, call: Call) -> pb2.ListDisputesResponse:
        raise NotImplementedError

    async def ResolveDispute(self, request: pb2.ResolveDisputeRequest, call: Call) -> pb2.Dispute:
        raise NotImplementedError
