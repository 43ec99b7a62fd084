"""Serves officers, on the internal port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.guardian.v1 import admin_pb2 as pb2
from xacthuc.grpckit.pages import size_of
from xacthuc.grpckit.reading import order, spaced
from xacthuc.guardian.usecases import disputes, reads
from xacthuc.guardian.wire import admin_messages
from xacthuc.guardian.wire.link_messages import before

if TYPE_CHECKING:
    from google.protobuf.message import Message

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
        platform, account_id = admin_messages.parts(request.parent)
        asked = (platform, account_id, before(request.page_token), size_of(request))
        return admin_messages.histories(*await disputes.list_histories(self._guardian, *asked))

    async def OpenDispute(self, request: pb2.OpenDisputeRequest, call: Call) -> pb2.Dispute:
        platform, link = admin_messages.parts(request.link)
        asked, cause = order(request, call, platform), admin_messages.CAUSES_READ[request.cause]
        opened = await disputes.open_dispute(self._guardian, asked, link, cause, spaced(request.basis))
        return admin_messages.dispute(opened)

    async def GetDispute(self, request: pb2.GetDisputeRequest, call: Call) -> pb2.Dispute:
        found = await disputes.get_dispute(self._guardian, *admin_messages.parts(request.name))
        return admin_messages.dispute(found)

    async def ListDisputes(self, request: pb2.ListDisputesRequest, call: Call) -> pb2.ListDisputesResponse:
        platform, _ = admin_messages.parts(request.parent)
        page = await disputes.list_disputes(
            self._guardian, platform, before(request.page_token), size_of(request), resolved=request.show_resolved
        )
        return admin_messages.disputes(*page)

    async def ResolveDispute(self, request: pb2.ResolveDisputeRequest, call: Call) -> pb2.Dispute:
        platform, dispute_id = admin_messages.parts(request.name)
        allowed = request.decision == pb2.ResolveDisputeRequest.ALLOW
        decided = await disputes.resolve_dispute(
            self._guardian, order(request, call, platform), dispute_id, spaced(request.basis), allowed=allowed
        )
        return admin_messages.dispute(decided)
