"""Serves operators, on the internal port: runs over accounts that stand on a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import reconciliation_admin_pb2 as pb2
from xacthuc.grpckit.pages import size_of
from xacthuc.identity.usecases import number_lists, reconciliation
from xacthuc.identity.wire import number_list_messages
from xacthuc.identity.wire import reconciliation_messages as wire
from xacthuc.identity.wire.common import order
from xacthuc.identity.wire.retention_messages import last_of, platform_of

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.usecases.identity import Identity


class ReconciliationAdminServicer:
    """Serves operators, on the internal port."""

    def __init__(self, identity: Identity) -> None:
        """Takes what the verbs work with."""
        self._identity = identity

    async def StartReconciliation(self, request: pb2.StartReconciliationRequest, call: Call) -> pb2.Reconciliation:
        asked, sources = order(request, call, platform_of(request.platform)), map(wire.SOURCES.get, request.sources)
        run = await reconciliation.start(
            self._identity,
            asked,
            [source for source in sources if source is not None],
            request.rate_per_second,
            dry_run=request.dry_run,
        )
        return wire.reconciliation(run)

    async def GetReconciliation(self, request: pb2.GetReconciliationRequest, call: Call) -> pb2.Reconciliation:
        return wire.reconciliation(await reconciliation.get(self._identity, last_of(request.name)))

    async def ListReconciliations(
        self, request: pb2.ListReconciliationsRequest, call: Call
    ) -> pb2.ListReconciliationsResponse:
        page, token = await reconciliation.list_runs(self._identity, request.page_token, size_of(request))
        return pb2.ListReconciliationsResponse(
            reconciliations=[wire.reconciliation(run) for run in page], next_page_token=token
        )

    async def CancelReconciliation(self, request: pb2.CancelReconciliationRequest, call: Call) -> pb2.Reconciliation:
        asked = order(request, call, "")
        return wire.reconciliation(await reconciliation.cancel(self._identity, asked, last_of(request.name)))

    async def ResumeReconciliation(self, request: pb2.ResumeReconciliationRequest, call: Call) -> pb2.Reconciliation:
        asked = order(request, call, "")
        return wire.reconciliation(await reconciliation.resume(self._identity, asked, last_of(request.name)))

    async def ListFindings(self, request: pb2.ListFindingsRequest, call: Call) -> pb2.ListFindingsResponse:
        page, key = await reconciliation.list_findings(
            self._identity,
            last_of(request.parent),
            wire.KINDS.get(request.kind),
            wire.key_of(request.page_token),
            size_of(request),
        )
        return pb2.ListFindingsResponse(
            findings=[wire.finding(found) for found in page], next_page_token=wire.page_token(key)
        )

    async def ImportFindings(self, request: pb2.ImportFindingsRequest, call: Call) -> pb2.NumberList:
        asked, now = order(request, call, ""), self._identity.clock.now()
        given, batch = number_list_messages.begun(request, asked, now), number_list_messages.batch(request, now)
        kept = await number_lists.import_findings(self._identity, asked, given, batch)
        return number_list_messages.number_list(kept)

    async def ListNumberLists(self, request: pb2.ListNumberListsRequest, call: Call) -> pb2.ListNumberListsResponse:
        page, token = await number_lists.list_number_lists(self._identity, request.page_token, size_of(request))
        return pb2.ListNumberListsResponse(
            number_lists=[number_list_messages.number_list(of) for of in page], next_page_token=token
        )
