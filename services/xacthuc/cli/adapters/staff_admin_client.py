"""The calls of StaffAdmin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xacthuc.api.identity.v1 import staff_admin_pb2
from xacthuc.client.calls import Call
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from google.protobuf.message import Message

_SERVICE: Final = "xacthuc.api.identity.v1.StaffAdmin"


def begin_sign_in(port: int) -> Call[Any]:
    """Begins a sign-in that comes back to a port of this machine."""
    request = staff_admin_pb2.BeginSignInRequest(port=port, request_id=new_request_id())
    return _call("BeginSignIn", request, staff_admin_pb2.BeginSignInResponse)


def complete_sign_in(redirect: Mapping[str, str]) -> Call[Any]:
    """Ends a sign-in with the parameters of the redirect: state, code or error, iss."""
    request = staff_admin_pb2.CompleteSignInRequest(
        state=redirect.get("state", ""), iss=redirect.get("iss", ""), request_id=new_request_id()
    )
    if "code" in redirect:
        request.code = redirect["code"]
    else:
        request.error = redirect.get("error", "server_error")[:256]
    return _call("CompleteSignIn", request, staff_admin_pb2.SignInResponse)


def sign_in_break_glass(secret: str, reason: str) -> Call[Any]:
    """Signs in with the secret for emergencies."""
    request = staff_admin_pb2.SignInBreakGlassRequest(secret=secret, reason=reason, request_id=new_request_id())
    return _call("SignInBreakGlass", request, staff_admin_pb2.SignInResponse)


def sign_out() -> Call[Any]:
    """Ends the caller's session."""
    request = staff_admin_pb2.SignOutRequest(request_id=new_request_id())
    return _call("SignOut", request, staff_admin_pb2.Session)


def get_me() -> Call[Any]:
    """Returns who is calling."""
    return _call("GetMe", staff_admin_pb2.GetMeRequest(), staff_admin_pb2.GetMeResponse)


def invite(display_name: str, roles: Sequence[str], email: str, subject: str) -> Call[Any]:
    """Invites somebody; `roles` are names of the contract."""
    known_as = {"subject": subject} if subject else {"email": email}
    request = staff_admin_pb2.CreateOperatorRequest(
        display_name=display_name, roles=_numbers(roles), request_id=new_request_id(), **known_as
    )
    return _call("CreateOperator", request, staff_admin_pb2.Operator)


def update(operator: str, display_name: str, roles: Sequence[str]) -> Call[Any]:
    """Changes somebody; what is empty stays."""
    request = staff_admin_pb2.UpdateOperatorRequest(
        name=_named("operators", operator),
        display_name=display_name,
        roles=_numbers(roles),
        request_id=new_request_id(),
    )
    return _call("UpdateOperator", request, staff_admin_pb2.Operator)


def disable(operator: str) -> Call[Any]:
    """Disables somebody."""
    request = staff_admin_pb2.DisableOperatorRequest(name=_named("operators", operator), request_id=new_request_id())
    return _call("DisableOperator", request, staff_admin_pb2.Operator)


def list_operators(page_token: str) -> Call[Any]:
    """Returns one page of the operators."""
    request = staff_admin_pb2.ListOperatorsRequest(page_size=1000, page_token=page_token)
    return _call("ListOperators", request, staff_admin_pb2.ListOperatorsResponse)


def list_sessions(operator: str, page_token: str) -> Call[Any]:
    """Returns one page of the sessions, of one operator or of all."""
    request = staff_admin_pb2.ListSessionsRequest(
        operator=_named("operators", operator) if operator else "", page_size=1000, page_token=page_token
    )
    return _call("ListSessions", request, staff_admin_pb2.ListSessionsResponse)


def revoke_session(session: str) -> Call[Any]:
    """Ends a session."""
    request = staff_admin_pb2.RevokeSessionRequest(name=_named("sessions", session), request_id=new_request_id())
    return _call("RevokeSession", request, staff_admin_pb2.Session)


def _numbers(roles: Sequence[str]) -> list[staff_admin_pb2.Operator.Role.ValueType]:
    return [staff_admin_pb2.Operator.Role.Value(role) for role in roles]


def _named(kind: str, name: str) -> str:
    return name if "/" in name else f"{kind}/{name}"


def _call(method: str, request: Message, answer: type[Message]) -> Call[Any]:
    return Call(_SERVICE, method, request, answer, lambda message: message)
