"""Serves platforms, on the public port."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from xacthuc.api.guardian.v1 import service_pb2 as pb2
from xacthuc.grpckit.pages import size_of
from xacthuc.grpckit.reading import order
from xacthuc.guardian.usecases import assents, confirmations, happenings, invitations, links, supervision
from xacthuc.guardian.wire import happening_messages
from xacthuc.guardian.wire import link_messages as wire
from xacthuc.guardian.wire import supervision_messages as supervision_wire

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from xacthuc.api.guardian.v1 import resources_pb2
    from xacthuc.grpckit.call import Call
    from xacthuc.grpckit.endpoint import Serialized
    from xacthuc.guardian.usecases.guardian import Guardian


class GuardianServicer:
    """Serves platforms, on the public port."""

    def __init__(self, guardian: Guardian) -> None:
        """Takes what the verbs work with."""
        self._guardian = guardian
        self._batch = happening_messages.renderer()

    async def RequestLink(self, request: pb2.RequestLinkRequest, call: Call) -> resources_pb2.Link:
        return wire.link(await invitations.request_link(self._guardian, wire.request_link(request, call), call))

    async def ConfirmLink(self, request: pb2.ConfirmLinkRequest, call: Call) -> resources_pb2.Link:
        return wire.link(await confirmations.confirm_link(self._guardian, wire.confirm_link(request, call), call))

    async def ApproveLink(self, request: pb2.ApproveLinkRequest, call: Call) -> resources_pb2.Link:
        return wire.link(await confirmations.approve_link(self._guardian, wire.approve_link(request, call), call))

    async def DeclineLink(self, request: pb2.DeclineLinkRequest, call: Call) -> resources_pb2.Link:
        return wire.link(await links.decline_link(self._guardian, wire.decline_link(request, call)))

    async def RevokeLink(self, request: pb2.RevokeLinkRequest, call: Call) -> resources_pb2.Link:
        asked, link = order(request, call, call.platform), request.name[wire.LINK_PREFIX :]
        return wire.link(await links.revoke_link(self._guardian, asked, link))

    async def GetLink(self, request: pb2.GetLinkRequest, call: Call) -> resources_pb2.Link:
        found = await links.get_link(self._guardian, call.platform, request.name[wire.LINK_PREFIX :])
        return wire.link(found)

    async def ListLinks(self, request: pb2.ListLinksRequest, call: Call) -> pb2.ListLinksResponse:
        account_id, before = request.parent[wire.ACCOUNT_PREFIX :], wire.before(request.page_token)
        return wire.links(*await links.list_links(self._guardian, call.platform, account_id, before, size_of(request)))

    async def WatchLinks(self, request: pb2.WatchLinksRequest, call: Call) -> AsyncGenerator[Serialized]:
        watching = happenings.watch_links(self._guardian, call.platform, request.cursor)
        async with aclosing(watching) as batches:
            async for batch, cursor in batches:
                yield self._batch(batch, cursor)

    async def UpdateSupervision(self, request: pb2.UpdateSupervisionRequest, call: Call) -> resources_pb2.Supervision:
        asked, link = order(request, call, call.platform), request.name[wire.LINK_PREFIX :]
        change = supervision_wire.change(request)
        return supervision_wire.supervision(await supervision.update_supervision(self._guardian, asked, link, change))

    async def GetSupervision(self, request: pb2.GetSupervisionRequest, call: Call) -> resources_pb2.Supervision:
        child = request.name[wire.ACCOUNT_PREFIX :]
        return supervision_wire.supervision(await supervision.get_supervision(self._guardian, call.platform, child))

    async def RecordChildAssent(self, request: pb2.RecordChildAssentRequest, call: Call) -> resources_pb2.ChildAssent:
        asked, said = order(request, call, call.platform), supervision_wire.said(request)
        kept, complete = await assents.record_child_assent(self._guardian, asked, said)
        return supervision_wire.assent(kept, complete=complete)

    async def ListChildAssents(self, request: pb2.ListChildAssentsRequest, call: Call) -> pb2.ListChildAssentsResponse:
        child, limit = request.parent[wire.ACCOUNT_PREFIX :], size_of(request)
        page = await assents.list_child_assents(self._guardian, call.platform, child, request.page_token, limit)
        return supervision_wire.assents(*page)

    async def RecordActivity(self, request: pb2.RecordActivityRequest, call: Call) -> pb2.RecordActivityResponse:
        asked, child = order(request, call, call.platform), request.parent[wire.ACCOUNT_PREFIX :]
        told = supervision_wire.activities(request)
        recorded = await supervision.record_activity(self._guardian, asked, child, told)
        return pb2.RecordActivityResponse(recorded_count=recorded)

    async def ListActivity(self, request: pb2.ListActivityRequest, call: Call) -> pb2.ListActivityResponse:
        link, limit = request.parent[wire.LINK_PREFIX :], size_of(request)
        page = await supervision.list_activity(self._guardian, call, link, request.page_token, limit)
        return supervision_wire.activity_page(page)
