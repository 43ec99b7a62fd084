"""Serves operators, on the internal port: what the service that answers holds on one account. Each has tables of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import share_admin_pb2
from xacthuc.credentials.staff import Role
from xacthuc.grpckit.reading import order
from xacthuc.shares.share import documents

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.shares.sql_shares import SqlShares

ROLES: Final = {"ExportShare": frozenset({Role.OFFICER})}
"""The roles of which an operator has one to call each method: that of `RetentionAdmin.ExportAccount`."""


class ShareAdminServicer:
    """Serves operators, on the internal port."""

    def __init__(self, shares: SqlShares) -> None:
        """Takes what reads and audits."""
        self._shares = shares

    async def ExportShare(
        self, request: share_admin_pb2.ExportShareRequest, call: Call
    ) -> share_admin_pb2.ExportShareResponse:
        _, platform, _, account_id = request.name.split("/")
        share = await self._shares.export(order(request, call, platform), account_id)
        as_json, as_part = documents(share)
        return share_admin_pb2.ExportShareResponse(json=as_json, html=as_part)
