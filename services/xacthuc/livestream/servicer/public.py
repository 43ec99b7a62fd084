"""Serves platforms, on the public port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import XacthucError
from xacthuc.grpckit.pages import size_of
from xacthuc.grpckit.reading import instant, order
from xacthuc.livestream.usecases import broadcasts, clearing, schedules
from xacthuc.livestream.watch.servicer import WatchServicer
from xacthuc.livestream.wire import broadcast_messages as wire

if TYPE_CHECKING:
    from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
    from xacthuc.api.livestream.v1 import resources_pb2
    from xacthuc.api.livestream.v1 import service_pb2 as pb2
    from xacthuc.grpckit.call import Call
    from xacthuc.livestream.ports.broadcasts import Cleared
    from xacthuc.livestream.usecases.livestream import Livestream


class LivestreamServicer(WatchServicer):
    """Serves platforms, on the public port."""

    def __init__(self, livestream: Livestream, render: wire.Renderer) -> None:
        """Takes what the verbs work with, and what renders texts of the policy."""
        super().__init__(livestream.revocations)
        self._livestream = livestream
        self._render = render

    async def AuthorizeBroadcast(self, request: pb2.AuthorizeBroadcastRequest, call: Call) -> resources_pb2.Clearance:
        asked = order(request, call, call.platform)
        cleared = await clearing.authorize_broadcast(self._livestream, asked, wire.wish(request), call)
        return self._clearance(call, cleared)

    async def BatchAuthorize(self, request: pb2.BatchAuthorizeRequest, call: Call) -> pb2.BatchAuthorizeResponse:
        asked, wishes = order(request, call, call.platform), [wire.wish(each) for each in request.entries]
        answers = await schedules.batch_authorize(
            self._livestream, asked, wishes, call, validate_only=request.validate_only
        )
        sign = self._livestream.grants.sign
        return self._render.schedule(
            [
                each
                if isinstance(each, XacthucError)
                else (each, None if request.validate_only else sign(call.platform, each))
                for each in answers
            ]
        )

    async def RenewGrant(self, request: pb2.RenewGrantRequest, call: Call) -> resources_pb2.Clearance:
        asked, broadcast_id = order(request, call, call.platform), request.name[wire.BROADCAST_PREFIX :]
        return self._clearance(call, await clearing.renew_grant(self._livestream, asked, broadcast_id, call))

    async def DeclareCommercial(self, request: pb2.DeclareCommercialRequest, call: Call) -> resources_pb2.Clearance:
        asked, broadcast_id = order(request, call, call.platform), request.name[wire.BROADCAST_PREFIX :]
        cleared = await clearing.declare_commercial(self._livestream, asked, broadcast_id, wire.declared(request), call)
        return self._clearance(call, cleared)

    async def EndBroadcast(self, request: pb2.EndBroadcastRequest, call: Call) -> resources_pb2.Broadcast:
        asked, broadcast_id = order(request, call, call.platform), request.name[wire.BROADCAST_PREFIX :]
        told = instant(request.end_time, "end_time") if request.HasField("end_time") else None
        return wire.broadcast(await broadcasts.end_broadcast(self._livestream, asked, broadcast_id, told))

    async def GetBroadcast(self, request: pb2.GetBroadcastRequest, call: Call) -> resources_pb2.Broadcast:
        broadcast_id = request.name[wire.BROADCAST_PREFIX :]
        return wire.broadcast(await broadcasts.get_broadcast(self._livestream, call.platform, broadcast_id))

    async def ListBroadcasts(self, request: pb2.ListBroadcastsRequest, call: Call) -> pb2.ListBroadcastsResponse:
        found = await broadcasts.list_broadcasts(self._livestream, call.platform, request.page_token, size_of(request))
        return wire.broadcasts(found)

    async def GetJwks(self, _request: pb2.GetJwksRequest, _call: Call) -> identity_pb2.Jwks:
        return wire.jwks(self._livestream.grants.jwks())

    def _clearance(self, call: Call, cleared: Cleared) -> resources_pb2.Clearance:
        return self._render.clearance(cleared, self._livestream.grants.sign(call.platform, cleared))
