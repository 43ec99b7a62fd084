"""The calls of GuardianAdmin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xacthuc.api.guardian.v1 import admin_pb2 as pb2
from xacthuc.cli.adapters.identity_admin_client import platform_name
from xacthuc.cli.adapters.retention_admin_client import account_name
from xacthuc.client.calls import Call
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from google.protobuf.message import Message

_SERVICE: Final = "xacthuc.api.guardian.v1.GuardianAdmin"
_PAGE: Final = 1000


def list_histories(platform: str, account: str, page_token: str) -> Call[Any]:
    """Returns one page of the links of a child or of a guardian, with what became of them."""
    request = pb2.ListLinkHistoriesRequest(
        parent=f"{platform_name(platform)}/{account_name(account)}", page_size=_PAGE, page_token=page_token
    )
    return _call("ListLinkHistories", request, pb2.ListLinkHistoriesResponse)


def list_disputes(platform: str, page_token: str, *, show_resolved: bool) -> Call[Any]:
    """Returns one page of what speaks against links."""
    request = pb2.ListDisputesRequest(
        parent=platform_name(platform), show_resolved=show_resolved, page_size=_PAGE, page_token=page_token
    )
    return _call("ListDisputes", request, pb2.ListDisputesResponse)


def get_dispute(name: str) -> Call[Any]:
    """Returns a dispute."""
    return _call("GetDispute", pb2.GetDisputeRequest(name=name), pb2.Dispute)


def open_dispute(platform: str, link: str, cause: str, basis: str) -> Call[Any]:
    """Puts on record what speaks against a link; `cause` is a name of the contract."""
    request = pb2.OpenDisputeRequest(
        link=f"{platform_name(platform)}/links/{link.removeprefix('links/')}",
        cause=pb2.Dispute.Cause.Value(cause),
        basis=basis,
        request_id=new_request_id(),
    )
    return _call("OpenDispute", request, pb2.Dispute)


def resolve_dispute(name: str, decision: str, basis: str) -> Call[Any]:
    """Decides a dispute; `decision` is a name of the contract."""
    number = pb2.ResolveDisputeRequest.Decision.Value(decision)
    request = pb2.ResolveDisputeRequest(name=name, decision=number, basis=basis, request_id=new_request_id())
    return _call("ResolveDispute", request, pb2.Dispute)


def _call(method: str, request: Message, answer: type[Message]) -> Call[Any]:
    return Call(_SERVICE, method, request, answer, lambda message: message)
