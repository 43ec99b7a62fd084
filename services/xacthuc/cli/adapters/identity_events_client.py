"""The stream of IdentityInternal that tells what happens to accounts."""

from __future__ import annotations

from typing import Any, Final

from xacthuc.api.identity.v1 import internal_pb2
from xacthuc.client.calls import Call

_SERVICE: Final = "xacthuc.api.identity.v1.IdentityInternal"


def watch(cursor: str, recent_changes: int = 0) -> Call[Any]:
    """Watches the accounts of all platforms."""
    request = internal_pb2.WatchAllAccountsRequest(cursor=cursor, recent_changes=recent_changes)
    answer = internal_pb2.WatchAllAccountsResponse
    return Call(_SERVICE, "WatchAllAccounts", request, answer, lambda message: message)
