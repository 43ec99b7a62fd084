"""The calls of ShareAdmin, which guardian, livestream and backfill answer, each for itself."""

from __future__ import annotations

from typing import Any, Final

from xacthuc.api.identity.v1 import share_admin_pb2 as pb2
from xacthuc.cli.adapters.identity_admin_client import platform_name
from xacthuc.cli.adapters.retention_admin_client import account_name
from xacthuc.client.calls import Call
from xacthuc.ids import new_request_id

_SERVICE: Final = "xacthuc.api.identity.v1.ShareAdmin"


def export_share(platform: str, account: str) -> Call[Any]:
    """Returns everything that the service which answers holds on an account."""
    request = pb2.ExportShareRequest(
        name=f"{platform_name(platform)}/{account_name(account)}", request_id=new_request_id()
    )
    return Call(_SERVICE, "ExportShare", request, pb2.ExportShareResponse, lambda message: message)
