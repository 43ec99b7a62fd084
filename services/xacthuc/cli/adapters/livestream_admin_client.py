"""The calls of LivestreamAdmin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xacthuc.api.livestream.v1 import admin_pb2 as pb2
from xacthuc.cli.adapters.identity_admin_client import platform_name
from xacthuc.cli.adapters.retention_admin_client import account_name
from xacthuc.client.calls import Call

if TYPE_CHECKING:
    from google.protobuf.message import Message

_SERVICE: Final = "xacthuc.api.livestream.v1.LivestreamAdmin"
_PAGE: Final = 100


def list_records(platform: str, account: str, page_token: str) -> Call[Any]:
    """Returns one page of an account's broadcasts, without what was decided and declared."""
    request = pb2.ListBroadcastRecordsRequest(
        parent=f"{platform_name(platform)}/{account_name(account)}",
        page_size=_PAGE,
        page_token=page_token,
        view=pb2.ListBroadcastRecordsRequest.BASIC,
    )
    return _call("ListBroadcastRecords", request, pb2.ListBroadcastRecordsResponse)


def get_record(platform: str, broadcast: str, page_token: str) -> Call[Any]:
    """Returns one page of what is on record of a broadcast."""
    name = f"{platform_name(platform)}/broadcasts/{broadcast.removeprefix('broadcasts/')}"
    request = pb2.GetBroadcastRecordRequest(name=name, page_token=page_token)
    return _call("GetBroadcastRecord", request, pb2.BroadcastRecord)


def export(approval: str, request_id: str, page_token: str) -> Call[Any]:
    """Returns one page of what two people agreed to hand to an authority."""
    request = pb2.ExportBroadcastRecordsRequest(
        approval=approval, page_size=_PAGE, page_token=page_token, request_id=request_id
    )
    return _call("ExportBroadcastRecords", request, pb2.ExportBroadcastRecordsResponse)


def _call(method: str, request: Message, answer: type[Message]) -> Call[Any]:
    return Call(_SERVICE, method, request, answer, lambda message: message)
