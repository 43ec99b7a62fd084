"""Operators and their sessions, as they ask and see."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import staff_admin_pb2
from xacthuc.credentials.sessions import SessionState
from xacthuc.credentials.staff import Role
from xacthuc.identity.commands import ChangeOperator, CompleteStaffSignIn, InviteOperator
from xacthuc.identity.domain.staff import Means, OperatorState
from xacthuc.identity.wire.common import OPERATOR_PREFIX, order, spaced, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.grpckit.call import Call
    from xacthuc.identity.ports.staff import OperatorView, StoredSession
    from xacthuc.identity.usecases.staff import BegunStaffSignIn, SignedIn

_SESSION_PREFIX: Final = "sessions/"
_ROLES: Final = {role: staff_admin_pb2.Operator.Role.Value(role.value) for role in Role}
_ROLES_READ: Final = {number: role for role, number in _ROLES.items()}
_STATES: Final = {state: staff_admin_pb2.Operator.State.Value(state.value) for state in OperatorState}
_SESSION_STATES: Final = {state: staff_admin_pb2.Session.State.Value(state.value) for state in SessionState}
_MEANS: Final = {means: staff_admin_pb2.Session.Means.Value(means.value) for means in Means}


def complete(request: staff_admin_pb2.CompleteSignInRequest, call: Call) -> CompleteStaffSignIn:
    """Reads what the browser came back with."""
    return CompleteStaffSignIn(
        order=order(request, call, ""), state=request.state, code=request.code, error=request.error, iss=request.iss
    )


def invite(request: staff_admin_pb2.CreateOperatorRequest, call: Call) -> InviteOperator:
    """Reads an invitation."""
    return InviteOperator(
        order=order(request, call, ""),
        display_name=spaced(request.display_name),
        roles=_roles(request.roles),
        email=request.email.lower(),
        subject=request.subject,
    )


def change(request: staff_admin_pb2.UpdateOperatorRequest, call: Call) -> ChangeOperator:
    """Reads a change."""
    return ChangeOperator(
        order=order(request, call, ""),
        operator=call.operator,
        operator_id=id_of(request.name),
        display_name=spaced(request.display_name),
        roles=_roles(request.roles),
    )


def disable(request: staff_admin_pb2.DisableOperatorRequest, call: Call) -> ChangeOperator:
    """Reads an end."""
    return ChangeOperator(
        order=order(request, call, ""),
        operator=call.operator,
        operator_id=id_of(request.name),
        display_name="",
        roles=frozenset(),
        disabled=True,
    )


def id_of(name: str) -> str:
    """Returns the id in `operators/{operator}` or `sessions/{session}`; empty for an empty name."""
    return name.rpartition("/")[2]


def begun(sign_in: BegunStaffSignIn) -> staff_admin_pb2.BeginSignInResponse:
    """Renders where to go."""
    return staff_admin_pb2.BeginSignInResponse(
        authorization_uri=sign_in.authorization_uri,
        redirect_uri=sign_in.redirect_uri,
        state=sign_in.state,
        expire_time=timestamp(sign_in.expire_time),
    )


def signed_in(made: SignedIn) -> staff_admin_pb2.SignInResponse:
    """Renders a new session with its secret."""
    return staff_admin_pb2.SignInResponse(session=session(made.session), secret=made.secret)


def operator(view: OperatorView) -> staff_admin_pb2.Operator:
    """Renders an operator."""
    return staff_admin_pb2.Operator(
        name=f"{OPERATOR_PREFIX}{view.id}",
        display_name=view.display_name,
        roles=sorted(_ROLES[role] for role in view.roles),
        state=_STATES[view.state],
        email=view.email,
        create_time=timestamp(view.create_time),
    )


def session(stored: StoredSession) -> staff_admin_pb2.Session:
    """Renders a session, without its hash."""
    record = stored.record
    return staff_admin_pb2.Session(
        name=f"{_SESSION_PREFIX}{record.id}",
        operator=f"{OPERATOR_PREFIX}{record.operator}",
        roles=sorted(_ROLES[role] for role in record.roles),
        means=_MEANS[stored.means],
        state=_SESSION_STATES[record.state],
        create_time=timestamp(_instant(record.create_ms)),
        expire_time=timestamp(_instant(record.expire_ms)),
    )


def _roles(numbers: Iterable[staff_admin_pb2.Operator.Role.ValueType]) -> frozenset[Role]:
    return frozenset(_ROLES_READ[number] for number in numbers)


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
