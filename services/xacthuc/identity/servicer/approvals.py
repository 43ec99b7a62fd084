"""Serves operators, on the internal port: what takes two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import approval_admin_pb2
from xacthuc.grpckit.pages import size_of
from xacthuc.identity.usecases import approvals
from xacthuc.identity.wire import approval_messages

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.domain.approvals import Approval
    from xacthuc.identity.usecases.approvals import FourEyes


class ApprovalAdminServicer:
    """Serves operators, on the internal port."""

    def __init__(self, eyes: FourEyes) -> None:
        """Takes what the verbs work with."""
        self._eyes = eyes

    async def CreateApproval(
        self, request: approval_admin_pb2.CreateApprovalRequest, call: Call
    ) -> approval_admin_pb2.Approval:
        return self._seen(await approvals.propose(self._eyes, approval_messages.propose(request, call)))

    async def GetApproval(
        self, request: approval_admin_pb2.GetApprovalRequest, call: Call
    ) -> approval_admin_pb2.Approval:
        return self._seen(
            await approvals.get(
                self._eyes, approval_messages.id_of(request.name), approval_messages.named_platform(call)
            )
        )

    async def ListApprovals(
        self, request: approval_admin_pb2.ListApprovalsRequest, call: Call
    ) -> approval_admin_pb2.ListApprovalsResponse:
        wanted, limit = approval_messages.wanted(request, call), size_of(request)
        page, token = await approvals.page(self._eyes, wanted, request.page_token, limit)
        return approval_admin_pb2.ListApprovalsResponse(
            approvals=[self._seen(found) for found in page], next_page_token=token
        )

    async def AdoptApproval(
        self, request: approval_admin_pb2.AdoptApprovalRequest, call: Call
    ) -> approval_admin_pb2.Approval:
        return self._seen(await approvals.decide(self._eyes, approval_messages.adopt(request, call)))

    async def GrantApproval(
        self, request: approval_admin_pb2.GrantApprovalRequest, call: Call
    ) -> approval_admin_pb2.Approval:
        return self._seen(await approvals.decide(self._eyes, approval_messages.grant(request, call)))

    async def RefuseApproval(
        self, request: approval_admin_pb2.RefuseApprovalRequest, call: Call
    ) -> approval_admin_pb2.Approval:
        return self._seen(await approvals.decide(self._eyes, approval_messages.refuse(request, call)))

    async def WithdrawApproval(
        self, request: approval_admin_pb2.WithdrawApprovalRequest, call: Call
    ) -> approval_admin_pb2.Approval:
        return self._seen(await approvals.decide(self._eyes, approval_messages.withdraw(request, call)))

    def _seen(self, found: Approval) -> approval_admin_pb2.Approval:
        return approval_messages.approval(found, found.state_at(self._eyes.clock.now()))
