"""Serves the other services, on the internal port."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import internal_pb2
from xacthuc.grpckit.pages import size_of
from xacthuc.identity.domain.approvals import ApprovalKind
from xacthuc.identity.usecases import (
    approvals,
    decisions,
    events,
    guardianships,
    holders,
    imports,
    retention,
    transitions,
)
from xacthuc.identity.wire import (
    approval_messages,
    event_messages,
    guardianship_messages,
    holder_messages,
    retention_messages,
    transition_messages,
)
from xacthuc.identity.wire.common import ACCOUNT_PREFIX, order
from xacthuc.identity.wire.imports import RowReader, imported

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from xacthuc.api.identity.v1 import resources_pb2
    from xacthuc.grpckit.call import Call
    from xacthuc.grpckit.endpoint import Serialized
    from xacthuc.identity.usecases.approvals import FourEyes
    from xacthuc.identity.usecases.identity import Identity
    from xacthuc.identity.wire.rendering import Renderer


class IdentityInternalServicer:
    """Serves other services, on the internal port."""

    def __init__(self, identity: Identity, eyes: FourEyes, render: Renderer) -> None:
        """Takes what the verbs work with, and what renders texts of the policy."""
        self._identity = identity
        self._eyes = eyes
        self._render = render
        self._rows = RowReader()
        self._event_batch = event_messages.renderer(names_platforms=True)

    async def PutGuardianship(
        self, request: internal_pb2.PutGuardianshipRequest, call: Call
    ) -> internal_pb2.Guardianship:
        command = guardianship_messages.put_guardianship(request, call)
        kept = await guardianships.put_guardianship(self._identity, command)
        return guardianship_messages.guardianship(command.child_id, kept)

    async def RegisterGuardian(self, request: internal_pb2.RegisterGuardianRequest, call: Call) -> internal_pb2.Holder:
        return holder_messages.holder(
            await holders.register_guardian(self._identity, holder_messages.register_guardian(request, call))
        )

    async def CheckGuardian(self, request: internal_pb2.CheckGuardianRequest, call: Call) -> internal_pb2.GuardianCheck:
        unfit, coincidences = await holders.check_guardian(
            self._identity, holder_messages.check_guardian(request, call)
        )
        return holder_messages.guardian_check(unfit, coincidences)

    async def GetHolder(self, request: internal_pb2.GetHolderRequest, call: Call) -> internal_pb2.Holder:
        return holder_messages.holder(
            await holders.get_holder(self._identity, call.platform, request.name[ACCOUNT_PREFIX:])
        )

    async def RemindAccount(
        self, request: internal_pb2.RemindAccountRequest, call: Call
    ) -> internal_pb2.RemindAccountResponse:
        due_time = holder_messages.due_time(request)
        asked, account_id = order(request, call, call.platform), request.name[ACCOUNT_PREFIX:]
        await holders.remind_account(self._identity, asked, account_id, due_time)
        return internal_pb2.RemindAccountResponse()

    async def ImportAccounts(
        self, requests: AsyncIterator[internal_pb2.ImportAccountsRequest], call: Call
    ) -> AsyncGenerator[Serialized]:
        batches = (self._rows.batch(request, call) async for request in requests)
        async with aclosing(imports.import_accounts(self._identity, batches)) as answers:
            async for answer in answers:
                yield imported(answer)

    async def AcknowledgeErasure(
        self, request: internal_pb2.AcknowledgeErasureRequest, call: Call
    ) -> resources_pb2.ErasureAcknowledgement:
        asked, account_id = order(request, call, call.platform), request.name[ACCOUNT_PREFIX:]
        said = await retention.acknowledge_erasure(
            self._identity, asked, account_id, call.peer, retention_messages.keep_until(request)
        )
        return retention_messages.acknowledgement(said)

    async def ListOwedErasures(
        self, request: internal_pb2.ListOwedErasuresRequest, call: Call
    ) -> internal_pb2.ListOwedErasuresResponse:
        found, token = await retention.owed_erasures(self._identity, call.peer, request.page_token, size_of(request))
        return internal_pb2.ListOwedErasuresResponse(
            erasures=map(retention_messages.owed_erasure, found), next_page_token=token
        )

    async def ListHeldAccounts(
        self, request: internal_pb2.ListHeldAccountsRequest, _call: Call
    ) -> internal_pb2.ListHeldAccountsResponse:
        after, limit = retention_messages.held_after(request), size_of(request)
        return retention_messages.held_accounts(await retention.held_accounts(self._identity, after, limit), limit)

    async def CheckBroadcaster(
        self, request: internal_pb2.CheckBroadcasterRequest, call: Call
    ) -> internal_pb2.Broadcaster:
        account_id = request.name[ACCOUNT_PREFIX:]
        return self._render.broadcaster(await decisions.check_broadcaster(self._identity, call.platform, account_id))

    async def GetApprovedExport(
        self, request: internal_pb2.GetApprovedExportRequest, call: Call
    ) -> internal_pb2.ApprovedExport:
        approval_id = approval_messages.id_of(request.name)
        found = await approvals.get_executed(self._eyes, approval_id, ApprovalKind.BROADCAST_EXPORT)
        return approval_messages.approved_export(found)

    async def GetApprovedTransitionEnd(
        self, request: internal_pb2.GetApprovedTransitionEndRequest, call: Call
    ) -> internal_pb2.ApprovedTransitionEnd:
        approval_id = approval_messages.id_of(request.name)
        found = await approvals.get_executed(self._eyes, approval_id, ApprovalKind.TRANSITION_END)
        return approval_messages.approved_transition_end(found)

    async def CountTransitions(
        self, request: internal_pb2.CountTransitionsRequest, call: Call
    ) -> internal_pb2.CountTransitionsResponse:
        account_ids = transition_messages.named(request)
        return transition_messages.running(
            await transitions.count_transitions(self._identity, call.platform, account_ids)
        )

    async def EndTransitions(
        self, request: internal_pb2.EndTransitionsRequest, call: Call
    ) -> internal_pb2.EndTransitionsResponse:
        asked, approval_id, names = transition_messages.asked(request, call)
        return transition_messages.ended(await transitions.end_transitions(self._identity, asked, approval_id, names))

    async def RestoreTransitions(
        self, request: internal_pb2.RestoreTransitionsRequest, call: Call
    ) -> internal_pb2.RestoreTransitionsResponse:
        asked, approval_id, names = transition_messages.asked(request, call)
        became = await transitions.restore_transitions(self._identity, asked, approval_id, names, request.reason)
        return transition_messages.restored(became)

    async def WatchAllAccounts(
        self, request: internal_pb2.WatchAllAccountsRequest, call: Call
    ) -> AsyncGenerator[Serialized]:
        watching = events.watch_accounts(self._identity, "", request.cursor, request.recent_changes)
        async with aclosing(watching) as batches:
            async for batch, cursor in batches:
                yield self._event_batch(batch, cursor)
