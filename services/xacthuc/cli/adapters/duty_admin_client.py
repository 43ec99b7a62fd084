"""The calls of DutyAdmin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xacthuc.api.identity.v1 import duty_admin_pb2 as pb2
from xacthuc.cli.adapters.identity_admin_client import platform_name
from xacthuc.cli.adapters.retention_admin_client import account_name, timestamp
from xacthuc.client.calls import Call
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from google.protobuf.message import Message

_SERVICE: Final = "xacthuc.api.identity.v1.DutyAdmin"


def open_request(platform: str, account: str, demand: str, received: datetime, *, elsewhere: bool) -> Call[Any]:
    """Keeps a demand; `demand` is a name of the contract."""
    request = pb2.OpenSubjectRequestRequest(
        parent=platform_name(platform),
        account=account_name(account),
        demand=pb2.SubjectRequest.Demand.Value(demand),
        elsewhere=elsewhere,
        demand_time=timestamp(received),
        request_id=new_request_id(),
    )
    return _call("OpenSubjectRequest", request, pb2.SubjectRequest)


def advance_request(name: str, step: str, reason: str) -> Call[Any]:
    """Notes what was done; `step` is a name of the contract."""
    request = pb2.AdvanceSubjectRequestRequest(
        name=name,
        step=pb2.AdvanceSubjectRequestRequest.Step.Value(step),
        reason=reason,
        request_id=new_request_id(),
    )
    return _call("AdvanceSubjectRequest", request, pb2.SubjectRequest)


def list_requests(platform: str, page_token: str, *, open_only: bool) -> Call[Any]:
    """Returns one page of the demands on a platform."""
    request = pb2.ListSubjectRequestsRequest(
        parent=platform_name(platform), open_only=open_only, page_size=1000, page_token=page_token
    )
    return _call("ListSubjectRequests", request, pb2.ListSubjectRequestsResponse)


def open_breach(detected: datetime, draft: Mapping[str, Any]) -> Call[Any]:
    """Keeps a breach."""
    request = pb2.OpenBreachRequest(
        detect_time=timestamp(detected), draft=pb2.Breach.Draft(**draft), request_id=new_request_id()
    )
    return _call("OpenBreach", request, pb2.Breach)


def update_breach(name: str, draft: Mapping[str, Any]) -> Call[Any]:
    """Replaces the draft of its notice."""
    request = pb2.UpdateBreachRequest(name=name, draft=pb2.Breach.Draft(**draft), request_id=new_request_id())
    return _call("UpdateBreach", request, pb2.Breach)


def notify_breach(name: str, reference: str) -> Call[Any]:
    """Notes that the agency was told."""
    request = pb2.NotifyBreachRequest(name=name, reference=reference, request_id=new_request_id())
    return _call("NotifyBreach", request, pb2.Breach)


def list_breaches(page_token: str) -> Call[Any]:
    """Returns one page of the breaches."""
    request = pb2.ListBreachesRequest(page_size=1000, page_token=page_token)
    return _call("ListBreaches", request, pb2.ListBreachesResponse)


def open_case(platform: str, kind: str, reference: str, received: datetime, *, emergency: bool) -> Call[Any]:
    """Keeps an order or a complaint; `kind` is a name of the contract."""
    request = pb2.OpenCaseRequest(
        parent=platform_name(platform),
        kind=pb2.Case.Kind.Value(kind),
        reference=reference,
        emergency=emergency,
        demand_time=timestamp(received),
        request_id=new_request_id(),
    )
    return _call("OpenCase", request, pb2.Case)


def close_case(name: str, outcome: str) -> Call[Any]:
    """Notes that it was dealt with."""
    return _call("CloseCase", pb2.CloseCaseRequest(name=name, outcome=outcome, request_id=new_request_id()), pb2.Case)


def list_cases(platform: str, page_token: str, *, open_only: bool) -> Call[Any]:
    """Returns one page of the orders and complaints about a platform."""
    request = pb2.ListCasesRequest(
        parent=platform_name(platform), open_only=open_only, page_size=1000, page_token=page_token
    )
    return _call("ListCases", request, pb2.ListCasesResponse)


def _call(method: str, request: Message, answer: type[Message]) -> Call[Any]:
    return Call(_SERVICE, method, request, answer, lambda message: message)
