"""The calls of ApprovalAdmin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.json_format import ParseDict, ParseError

from xacthuc.api.identity.v1 import approval_admin_pb2
from xacthuc.cli.adapters.identity_admin_client import platform_name
from xacthuc.cli.failure import EXIT_USAGE, CommandFailed
from xacthuc.client.calls import Call
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.message import Message

_SERVICE: Final = "xacthuc.api.identity.v1.ApprovalAdmin"


def propose(platform: str, kind: str, parameters: Mapping[str, Any], reason: str) -> Call[Any]:
    """Proposes an act; `parameters` are those of the kind's message. CommandFailed when it has not all of them."""
    try:
        act = ParseDict({kind.lower(): parameters}, approval_admin_pb2.Act())
    except ParseError:
        takes = ", ".join(field.name for field in getattr(approval_admin_pb2.Act(), kind.lower()).DESCRIPTOR.fields)
        raise CommandFailed(f"{kind} takes {takes}", advice="Give these.", exit_status=EXIT_USAGE) from None
    request = approval_admin_pb2.CreateApprovalRequest(
        platform=platform_name(platform), act=act, reason=reason, request_id=new_request_id()
    )
    return _call("CreateApproval", request)


def get(name: str) -> Call[Any]:
    """Returns an approval."""
    return _call("GetApproval", approval_admin_pb2.GetApprovalRequest(name=_named(name)))


def list_approvals(state: str, page_token: str) -> Call[Any]:
    """Returns one page of the approvals, of one state or of all."""
    number = approval_admin_pb2.Approval.State.Value(state) if state else 0
    request = approval_admin_pb2.ListApprovalsRequest(
        state=approval_admin_pb2.Approval.State.ValueType(number), page_size=1000, page_token=page_token
    )
    return Call(_SERVICE, "ListApprovals", request, approval_admin_pb2.ListApprovalsResponse, lambda message: message)


def adopt(name: str) -> Call[Any]:
    """Makes the caller's own what the service proposed."""
    return _call(
        "AdoptApproval", approval_admin_pb2.AdoptApprovalRequest(name=_named(name), request_id=new_request_id())
    )


def grant(name: str, reason: str) -> Call[Any]:
    """Grants what another operator proposed or adopted."""
    return _call(
        "GrantApproval",
        approval_admin_pb2.GrantApprovalRequest(name=_named(name), reason=reason, request_id=new_request_id()),
    )


def refuse(name: str, reason: str) -> Call[Any]:
    """Refuses what another operator proposed."""
    return _call(
        "RefuseApproval",
        approval_admin_pb2.RefuseApprovalRequest(name=_named(name), reason=reason, request_id=new_request_id()),
    )


def withdraw(name: str) -> Call[Any]:
    """Takes back what the caller proposed."""
    return _call(
        "WithdrawApproval",
        approval_admin_pb2.WithdrawApprovalRequest(name=_named(name), request_id=new_request_id()),
    )


def _named(name: str) -> str:
    return name if "/" in name else f"approvals/{name}"


def _call(method: str, request: Message) -> Call[Any]:
    return Call(_SERVICE, method, request, approval_admin_pb2.Approval, lambda message: message)
