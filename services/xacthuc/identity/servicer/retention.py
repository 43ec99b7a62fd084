"""Serves operators, on the internal port: retention and legal holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import retention_admin_pb2 as pb2
from xacthuc.grpckit.pages import size_of
from xacthuc.identity.usecases import retention
from xacthuc.identity.wire import retention_messages as wire
from xacthuc.identity.wire.common import order, spaced
from xacthuc.identity.wire.export_documents import documents

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.usecases.identity import Identity


class RetentionAdminServicer:
    """Serves operators, on the internal port."""

    def __init__(self, identity: Identity) -> None:
        """Takes what the verbs work with."""
        self._identity = identity

    async def ListRetentionFigures(
        self, request: pb2.ListRetentionFiguresRequest, call: Call
    ) -> pb2.ListRetentionFiguresResponse:
        return wire.status(*await retention.status(self._identity), self._identity.policy)

    async def PlaceHold(self, request: pb2.PlaceHoldRequest, call: Call) -> pb2.PlaceHoldResponse:
        asked, wanted = wire.place_hold(request, call)
        names = wire.accounts(request.accounts)
        return wire.placed(await retention.place_hold(self._identity, asked, wanted, names))

    async def ExtendHold(self, request: pb2.ExtendHoldRequest, call: Call) -> pb2.PlaceHoldResponse:
        asked = order(request, call, wire.platform_of(request.name))
        hold_id, names = wire.last_of(request.name), wire.accounts(request.accounts)
        return wire.placed(await retention.extend_hold(self._identity, asked, hold_id, names))

    async def ReleaseHold(self, request: pb2.ReleaseHoldRequest, call: Call) -> pb2.Hold:
        asked = order(request, call, wire.platform_of(request.name))
        hold_id, basis = wire.last_of(request.name), spaced(request.basis)
        return wire.hold(await retention.release_hold(self._identity, asked, hold_id, basis))

    async def GetErasureEvidence(self, request: pb2.GetErasureEvidenceRequest, call: Call) -> pb2.ErasureEvidence:
        platform, account_id = wire.account_of(request.name)
        asked = order(request, call, platform)
        return wire.evidence(request.name, *await retention.erasure_evidence(self._identity, asked, account_id))

    async def ExportAccount(self, request: pb2.ExportAccountRequest, call: Call) -> pb2.ExportAccountResponse:
        platform, account_id = wire.account_of(request.name)
        export = await retention.export_account(self._identity, order(request, call, platform), account_id)
        as_json, as_page = documents(export)
        return pb2.ExportAccountResponse(json=as_json, html=as_page)

    async def ListHolds(self, request: pb2.ListHoldsRequest, call: Call) -> pb2.ListHoldsResponse:
        page, token = await retention.list_holds(
            self._identity, wire.platform_of(request.parent), request.page_token, size_of(request)
        )
        return pb2.ListHoldsResponse(holds=[wire.hold(each) for each in page], next_page_token=token)
