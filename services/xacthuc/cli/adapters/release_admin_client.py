"""The calls of ReleaseAdmin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xacthuc.api.identity.v1 import release_admin_pb2 as pb2
from xacthuc.cli.adapters.identity_admin_client import platform_name
from xacthuc.cli.adapters.retention_admin_client import account_name, timestamp
from xacthuc.client.calls import Call
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from google.protobuf.message import Message

_SERVICE: Final = "xacthuc.api.identity.v1.ReleaseAdmin"


def record(
    platform: str,
    accounts: Sequence[str],
    fields: Sequence[str],
    *,
    authority: str,
    legal_basis: str,
    reference: str,
    received: datetime,
    emergency: bool,
) -> Call[Any]:
    """Keeps a request; `fields` are names of the contract."""
    request = pb2.RecordReleaseRequest(
        parent=platform_name(platform),
        accounts=[account_name(account) for account in accounts],
        authority=authority,
        legal_basis=legal_basis,
        reference=reference,
        demand_time=timestamp(received),
        emergency=emergency,
        fields=[pb2.Release.Field.Value(name) for name in fields],
        request_id=new_request_id(),
    )
    return _call("RecordRelease", request, pb2.Release)


def get(name: str) -> Call[Any]:
    """Returns a request and what became of it."""
    return _call("GetRelease", pb2.GetReleaseRequest(name=name), pb2.Release)


def list_releases(platform: str, page_token: str, *, open_only: bool) -> Call[Any]:
    """Returns one page of the requests about accounts of a platform."""
    request = pb2.ListReleasesRequest(
        parent=platform_name(platform), open_only=open_only, page_size=1000, page_token=page_token
    )
    return _call("ListReleases", request, pb2.ListReleasesResponse)


def close(name: str, reason: str) -> Call[Any]:
    """Ends a request by which nothing is released."""
    return _call(
        "CloseRelease", pb2.CloseReleaseRequest(name=name, reason=reason, request_id=new_request_id()), pb2.Release
    )


def fetch(name: str, request_id: str) -> Call[Any]:
    """Returns the document in clear, once for a request id."""
    request = pb2.FetchReleaseRequest(name=name, request_id=request_id)
    return _call("FetchRelease", request, pb2.FetchReleaseResponse)


def _call(method: str, request: Message, answer: type[Message]) -> Call[Any]:
    return Call(_SERVICE, method, request, answer, lambda message: message)
