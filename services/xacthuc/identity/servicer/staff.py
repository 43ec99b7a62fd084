"""Serves operators, on the internal port: how they sign in, and who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import staff_admin_pb2
from xacthuc.grpckit.pages import size_of
from xacthuc.identity.usecases import staff
from xacthuc.identity.wire import staff as wire
from xacthuc.identity.wire.common import order, spaced

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.usecases.staff import Staff


class StaffAdminServicer:
    """Serves operators, on the internal port."""

    def __init__(self, desk: Staff) -> None:
        """Takes what the verbs work with."""
        self._staff = desk

    async def BeginSignIn(
        self, request: staff_admin_pb2.BeginSignInRequest, _call: Call
    ) -> staff_admin_pb2.BeginSignInResponse:
        return wire.begun(await staff.begin_sign_in(self._staff, request.port))

    async def CompleteSignIn(
        self, request: staff_admin_pb2.CompleteSignInRequest, call: Call
    ) -> staff_admin_pb2.SignInResponse:
        return wire.signed_in(await staff.complete_sign_in(self._staff, wire.complete(request, call)))

    async def SignInBreakGlass(
        self, request: staff_admin_pb2.SignInBreakGlassRequest, call: Call
    ) -> staff_admin_pb2.SignInResponse:
        reason = spaced(request.reason)
        opened = await staff.sign_in_break_glass(self._staff, order(request, call, ""), request.secret, reason)
        return wire.signed_in(opened)

    async def SignOut(self, request: staff_admin_pb2.SignOutRequest, call: Call) -> staff_admin_pb2.Session:
        ended = await staff.revoke_session(self._staff, order(request, call, ""), call.operator.session)
        return wire.session(ended)

    async def GetMe(self, _request: staff_admin_pb2.GetMeRequest, call: Call) -> staff_admin_pb2.GetMeResponse:
        operator, session = await staff.me(self._staff, call.operator)
        return staff_admin_pb2.GetMeResponse(
            operator=wire.operator(operator), session=None if session is None else wire.session(session)
        )

    async def CreateOperator(
        self, request: staff_admin_pb2.CreateOperatorRequest, call: Call
    ) -> staff_admin_pb2.Operator:
        return wire.operator(await staff.invite(self._staff, wire.invite(request, call)))

    async def UpdateOperator(
        self, request: staff_admin_pb2.UpdateOperatorRequest, call: Call
    ) -> staff_admin_pb2.Operator:
        return wire.operator(await staff.change(self._staff, wire.change(request, call)))

    async def DisableOperator(
        self, request: staff_admin_pb2.DisableOperatorRequest, call: Call
    ) -> staff_admin_pb2.Operator:
        return wire.operator(await staff.change(self._staff, wire.disable(request, call)))

    async def ListOperators(
        self, request: staff_admin_pb2.ListOperatorsRequest, _call: Call
    ) -> staff_admin_pb2.ListOperatorsResponse:
        page, token = await staff.list_operators(self._staff, request.page_token, size_of(request))
        return staff_admin_pb2.ListOperatorsResponse(
            operators=[wire.operator(view) for view in page], next_page_token=token
        )

    async def ListSessions(
        self, request: staff_admin_pb2.ListSessionsRequest, _call: Call
    ) -> staff_admin_pb2.ListSessionsResponse:
        operator_id, limit = wire.id_of(request.operator), size_of(request)
        page, token = await staff.list_sessions(self._staff, operator_id, request.page_token, limit)
        return staff_admin_pb2.ListSessionsResponse(
            sessions=[wire.session(stored) for stored in page], next_page_token=token
        )

    async def RevokeSession(self, request: staff_admin_pb2.RevokeSessionRequest, call: Call) -> staff_admin_pb2.Session:
        order_, session_id = order(request, call, ""), wire.id_of(request.name)
        return wire.session(await staff.revoke_session(self._staff, order_, session_id))
