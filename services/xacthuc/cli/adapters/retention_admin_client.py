"""The calls of RetentionAdmin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.timestamp_pb2 import Timestamp

from xacthuc.api.identity.v1 import retention_admin_pb2 as pb2
from xacthuc.cli.adapters.identity_admin_client import platform_name
from xacthuc.client.calls import Call
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from google.protobuf.message import Message

_SERVICE: Final = "xacthuc.api.identity.v1.RetentionAdmin"


def list_figures() -> Call[Any]:
    """Returns how retention stands."""
    return _call("ListRetentionFigures", pb2.ListRetentionFiguresRequest(), pb2.ListRetentionFiguresResponse)


def place_hold(
    platform: str, accounts: Sequence[str], *, authority: str, legal_basis: str, reference: str, review: datetime
) -> Call[Any]:
    """Holds accounts."""
    request = pb2.PlaceHoldRequest(
        parent=platform_name(platform),
        authority=authority,
        legal_basis=legal_basis,
        reference=reference,
        review_time=timestamp(review),
        accounts=_names(accounts),
        request_id=new_request_id(),
    )
    return _call("PlaceHold", request, pb2.PlaceHoldResponse)


def extend_hold(name: str, accounts: Sequence[str]) -> Call[Any]:
    """Adds accounts to a hold."""
    request = pb2.ExtendHoldRequest(name=name, accounts=_names(accounts), request_id=new_request_id())
    return _call("ExtendHold", request, pb2.PlaceHoldResponse)


def release_hold(name: str, basis: str) -> Call[Any]:
    """Ends a hold."""
    request = pb2.ReleaseHoldRequest(name=name, basis=basis, request_id=new_request_id())
    return _call("ReleaseHold", request, pb2.Hold)


def list_holds(platform: str, page_token: str) -> Call[Any]:
    """Returns one page of the holds of a platform."""
    request = pb2.ListHoldsRequest(parent=platform_name(platform), page_size=1000, page_token=page_token)
    return _call("ListHolds", request, pb2.ListHoldsResponse)


def erasure_evidence(platform: str, account: str) -> Call[Any]:
    """Returns what is on record of an account's erasures, signed."""
    request = pb2.GetErasureEvidenceRequest(
        name=f"{platform_name(platform)}/{account_name(account)}", request_id=new_request_id()
    )
    return _call("GetErasureEvidence", request, pb2.ErasureEvidence)


def export_account(platform: str, account: str) -> Call[Any]:
    """Returns everything that identity holds on an account."""
    request = pb2.ExportAccountRequest(
        name=f"{platform_name(platform)}/{account_name(account)}", request_id=new_request_id()
    )
    return _call("ExportAccount", request, pb2.ExportAccountResponse)


def account_name(account: str) -> str:
    """Returns `accounts/{account}` for an id or a name."""
    return account if "/" in account else f"accounts/{account}"


def _names(accounts: Sequence[str]) -> list[str]:
    return [account_name(account) for account in accounts]


def timestamp(instant: datetime) -> Timestamp:
    """Returns an instant as the contract spells it."""
    stamp = Timestamp()
    stamp.FromDatetime(instant)
    return stamp


def _call(method: str, request: Message, answer: type[Message]) -> Call[Any]:
    return Call(_SERVICE, method, request, answer, lambda message: message)
