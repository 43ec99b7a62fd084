"""Serves operators, on the internal port: each method parses, calls one use case, renders.

The server builder checks this class against the contract; what a method does is commented there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.backfill.v1 import admin_pb2 as pb2
from xacthuc.backfill import wire
from xacthuc.backfill.usecases import campaigns, restrictions
from xacthuc.grpckit.pages import size_of
from xacthuc.grpckit.reading import order

if TYPE_CHECKING:
    from xacthuc.api.backfill.v1 import resources_pb2
    from xacthuc.backfill.usecases.backfill import Backfill
    from xacthuc.grpckit.call import Call
    from xacthuc.order import Order


class BackfillAdminServicer:
    """Serves operators, on the internal port."""

    def __init__(self, backfill: Backfill) -> None:
        """Takes what the verbs work with."""
        self._backfill = backfill

    async def CreateCampaign(self, request: pb2.CreateCampaignRequest, call: Call) -> resources_pb2.Campaign:
        new = wire.new_campaign(request, self._backfill.clock.now())
        asked = order(request, call, new.platform)
        return wire.campaign(await campaigns.create_campaign(self._backfill, asked, new))

    async def GetCampaign(self, request: pb2.GetCampaignRequest, call: Call) -> resources_pb2.CampaignFigures:
        return wire.figures(await campaigns.get_figures(self._backfill, *wire.parts(request.name)))

    async def ListCampaigns(self, request: pb2.ListCampaignsRequest, call: Call) -> pb2.ListCampaignsResponse:
        asked = (request.parent.removeprefix("platforms/"), request.page_token, size_of(request))
        return wire.campaigns(*await campaigns.list_campaigns(self._backfill, *asked))

    async def AddTargets(self, request: pb2.AddTargetsRequest, call: Call) -> pb2.AddTargetsResponse:
        asked, name = _asked(request, call)
        added = await campaigns.add_targets(self._backfill, asked, name, wire.targets(request))
        return pb2.AddTargetsResponse(added_count=added, known_count=len(request.targets) - added)

    async def StartCampaign(self, request: pb2.StartCampaignRequest, call: Call) -> resources_pb2.CampaignFigures:
        asked, name = _asked(request, call)
        if request.validate_only:
            return wire.figures(await campaigns.preview_start(self._backfill, asked.platform, name))
        return wire.figures(await campaigns.start_campaign(self._backfill, asked, name))

    async def PauseCampaign(self, request: pb2.PauseCampaignRequest, call: Call) -> resources_pb2.Campaign:
        asked, name = _asked(request, call)
        return wire.campaign(await campaigns.pause_campaign(self._backfill, asked, name, request.reason))

    async def ResumeCampaign(self, request: pb2.ResumeCampaignRequest, call: Call) -> resources_pb2.Campaign:
        asked, name = _asked(request, call)
        return wire.campaign(await campaigns.resume_campaign(self._backfill, asked, name, request.reason))

    async def KillCampaign(self, request: pb2.KillCampaignRequest, call: Call) -> resources_pb2.Campaign:
        asked, name = _asked(request, call)
        return wire.campaign(await campaigns.kill_campaign(self._backfill, asked, name, request.reason))

    async def PreviewRestriction(
        self, request: pb2.PreviewRestrictionRequest, call: Call
    ) -> resources_pb2.RestrictionPreview:
        return wire.preview(await restrictions.preview_restriction(self._backfill, *wire.parts(request.name)))

    async def RestrictCampaign(self, request: pb2.RestrictCampaignRequest, call: Call) -> resources_pb2.Restriction:
        asked, name = _asked(request, call)
        approval = wire.approval_of(request.approval)
        return wire.restriction(await restrictions.restrict_campaign(self._backfill, asked, name, approval))

    async def UndoRestriction(self, request: pb2.UndoRestrictionRequest, call: Call) -> resources_pb2.Restriction:
        asked, name = _asked(request, call)
        approval = wire.approval_of(request.approval)
        undone = await restrictions.undo_restriction(self._backfill, asked, name, approval, request.reason)
        return wire.restriction(undone)


def _asked(
    request: pb2.AddTargetsRequest
    | pb2.StartCampaignRequest
    | pb2.PauseCampaignRequest
    | pb2.ResumeCampaignRequest
    | pb2.KillCampaignRequest
    | pb2.RestrictCampaignRequest
    | pb2.UndoRestrictionRequest,
    call: Call,
) -> tuple[Order, str]:
    """Reads who asks for a change, and of which campaign."""
    platform, name = wire.parts(request.name)
    return order(request, call, platform), name
