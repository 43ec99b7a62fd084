"""The calls of BackfillAdmin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xacthuc.api.backfill.v1 import admin_pb2 as pb2
from xacthuc.api.backfill.v1 import resources_pb2
from xacthuc.cli.adapters.identity_admin_client import platform_name
from xacthuc.client.calls import Call
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

_SERVICE: Final = "xacthuc.api.backfill.v1.BackfillAdmin"
_PAGE: Final = 100


def campaign_name(platform: str, campaign: str) -> str:
    """Returns the name of a platform's campaign, however either was given."""
    return f"{platform_name(platform)}/campaigns/{campaign.rpartition('/')[2]}"


def create(platform: str, campaign: str, plan: resources_pb2.CampaignPlan, request_id: str) -> Call[Any]:
    """Makes a campaign."""
    request = pb2.CreateCampaignRequest(
        parent=platform_name(platform), campaign_id=campaign, plan=plan, request_id=request_id
    )
    return _call("CreateCampaign", request, resources_pb2.Campaign)


def add(name: str, targets: Sequence[resources_pb2.Target]) -> Call[Any]:
    """Adds accounts."""
    request = pb2.AddTargetsRequest(name=name, targets=targets, request_id=new_request_id())
    return _call("AddTargets", request, pb2.AddTargetsResponse)


def start(name: str) -> Call[Any]:
    """Has it ask its accounts."""
    request = pb2.StartCampaignRequest(name=name, request_id=new_request_id())
    return _call("StartCampaign", request, resources_pb2.CampaignFigures)


def get(name: str) -> Call[Any]:
    """Returns a campaign with what became of how many accounts."""
    return _call("GetCampaign", pb2.GetCampaignRequest(name=name), resources_pb2.CampaignFigures)


def list_campaigns(platform: str, page_token: str) -> Call[Any]:
    """Returns one page of a platform's campaigns."""
    request = pb2.ListCampaignsRequest(parent=platform_name(platform), page_size=_PAGE, page_token=page_token)
    return _call("ListCampaigns", request, pb2.ListCampaignsResponse)


def pause(name: str, reason: str) -> Call[Any]:
    """Stops it for a while."""
    request = pb2.PauseCampaignRequest(name=name, reason=reason, request_id=new_request_id())
    return _call("PauseCampaign", request, resources_pb2.Campaign)


def resume(name: str, reason: str) -> Call[Any]:
    """Lets it go on."""
    request = pb2.ResumeCampaignRequest(name=name, reason=reason, request_id=new_request_id())
    return _call("ResumeCampaign", request, resources_pb2.Campaign)


def kill(name: str, reason: str) -> Call[Any]:
    """Ends it for good."""
    request = pb2.KillCampaignRequest(name=name, reason=reason, request_id=new_request_id())
    return _call("KillCampaign", request, resources_pb2.Campaign)


def approval_name(approval: str) -> str:
    """Returns the name of an approval, however it was given."""
    return f"approvals/{approval.rpartition('/')[2]}"


def preview_restriction(name: str) -> Call[Any]:
    """Counts whom a restriction would be about."""
    return _call("PreviewRestriction", pb2.PreviewRestrictionRequest(name=name), resources_pb2.RestrictionPreview)


def restrict(name: str, approval: str) -> Call[Any]:
    """Has done what two people agreed to."""
    request = pb2.RestrictCampaignRequest(name=name, approval=approval_name(approval), request_id=new_request_id())
    return _call("RestrictCampaign", request, resources_pb2.Restriction)


def undo_restriction(name: str, approval: str, reason: str) -> Call[Any]:
    """Has accounts given back what an approval took."""
    request = pb2.UndoRestrictionRequest(
        name=name, approval=approval_name(approval), reason=reason, request_id=new_request_id()
    )
    return _call("UndoRestriction", request, resources_pb2.Restriction)


def _call(method: str, request: Message, answer: type[Message]) -> Call[Any]:
    return Call(_SERVICE, method, request, answer, lambda message: message)
