"""Signing in, and who may: operators, their sessions, and the account for emergencies."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.credentials.sessions import SessionSecret
from xacthuc.grpckit.errors import (
    AlreadyExists,
    FailedPrecondition,
    FieldFault,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
    XacthucError,
)
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain.staff import (
    BREAK_GLASS_IDLE,
    BREAK_GLASS_LIFE,
    Means,
    NotAdmitted,
    OperatorState,
    may_change,
)
from xacthuc.identity.ports.eid import ProviderDown, Refused
from xacthuc.identity.ports.staff import Change, Clash, NewSession, OperatorView
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from xacthuc.clock import Clock
    from xacthuc.credentials.sessions import SessionRecord
    from xacthuc.credentials.staff import Operator
    from xacthuc.identity.commands import ChangeOperator, CompleteStaffSignIn, InviteOperator, Order
    from xacthuc.identity.domain.staff import Assertion
    from xacthuc.identity.ports.eid import Flow
    from xacthuc.identity.ports.staff import (
        Emergency,
        Flows,
        Operators,
        SessionPublication,
        Sessions,
        StaffProvider,
        StoredSession,
    )

SIGN_IN_LIFE: Final = timedelta(minutes=10)
_CALL_SECONDS: Final = 4.0
"""What a call may take, less the time to write down what came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """What these verbs work with."""

    clock: Clock
    operators: Operators
    sessions: Sessions
    flows: Flows
    publication: SessionPublication
    provider: StaffProvider | None
    emergency: Emergency
    life: timedelta
    idle: timedelta
    """Of ordinary sessions; settings."""
    counted: Callable[[Means, str], None]
    """Told of every sign-in and what came of it."""


@dataclass(frozen=True, slots=True)
class BegunStaffSignIn:
    """Where an operator goes."""

    authorization_uri: str
    redirect_uri: str
    state: str
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session, with its secret for the one time it is shown."""

    session: StoredSession
    secret: str = field(repr=False)


async def begin_sign_in(staff: Staff, port: int) -> BegunStaffSignIn:
    """Begins a flow and keeps it sealed until the browser comes back."""
    provider = _provider(staff)
    try:
        redirect_uri = provider.redirect_uri(port)
    except ValueError as error:
        raise InvalidRequest(FieldFault("port", str(error), "NOT_REGISTERED")) from None
    try:
        address, flow = await provider.begin(redirect_uri)
    except ProviderDown as down:
        raise _down(down.retry_after_seconds) from None
    expire = staff.clock.now() + SIGN_IN_LIFE
    await staff.flows.keep(flow, expire)
    return BegunStaffSignIn(address, redirect_uri, flow.state, expire)


async def complete_sign_in(staff: Staff, command: CompleteStaffSignIn) -> SignedIn:
    """Ends a flow, once, and opens a session for whom the provider vouches and who is let in."""
    provider, order = _provider(staff), command.order
    flow = await staff.flows.take(command.state, staff.clock.now())
    told = Refused.EXPIRED if flow is None else await _told(provider, flow, command)
    now = staff.clock.now()
    if isinstance(told, Refused):
        await staff.sessions.refuse(order, told.value, now)
        staff.counted(Means.IDENTITY_PROVIDER, "refused")
        raise FailedPrecondition(
            Reason.SIGN_IN_REFUSED, "the sign-in came to nothing; begin again", metadata={"cause": told.value}
        )
    secret = SessionSecret.generate()
    new = NewSession(sha256=secret.sha256, life=staff.life, idle=staff.idle, means=Means.IDENTITY_PROVIDER)
    opened = await staff.sessions.admit(order, told, new, now)
    if isinstance(opened, NotAdmitted):
        staff.counted(Means.IDENTITY_PROVIDER, "not_admitted")
        raise PermissionDenied(
            Reason.STAFF_NOT_ADMITTED, "nobody invited this person here", metadata={"cause": opened.value}
        )
    await _publish_anyway(staff, opened.sessions)
    staff.counted(Means.IDENTITY_PROVIDER, "signed_in")
    return SignedIn(opened.session, secret.text)


async def sign_in_break_glass(staff: Staff, order: Order, secret: str, reason: str) -> SignedIn:
    """Opens a short session for whoever has the secret for emergencies. The try is written down before it is made."""
    now = staff.clock.now()
    wait = await staff.sessions.try_break_glass(order, reason, now)
    if wait:
        _alarm(staff, "limited")
        raise LimitExceeded("too many tries with the break-glass account", limit="break_glass", retry_after=wait)
    matches = await staff.emergency.matches(secret)
    if matches is None:
        _alarm(staff, "refused")
        raise FailedPrecondition(Reason.SIGN_IN_NOT_OFFERED, "no break-glass account is set up here")
    if not matches:
        _alarm(staff, "refused")
        raise Unauthenticated(Reason.BREAK_GLASS_REFUSED, "this is not the secret of the break-glass account")
    fresh = SessionSecret.generate()
    new = NewSession(sha256=fresh.sha256, life=BREAK_GLASS_LIFE, idle=BREAK_GLASS_IDLE, means=Means.BREAK_GLASS)
    opened = await staff.sessions.open_break_glass(order, new, reason, now)
    _alarm(staff, "signed_in")
    await _publish_anyway(staff, [opened.record])
    return SignedIn(opened, fresh.text)


async def me(staff: Staff, operator: Operator) -> tuple[OperatorView, StoredSession | None]:
    """Returns who is calling, and with which session."""
    session = await staff.sessions.get(operator.session) if operator.session else None
    known = await staff.operators.get(operator.id)
    if known is None:
        known = OperatorView(
            id=operator.id,
            display_name=operator.id,
            roles=operator.roles,
            state=OperatorState.ACTIVE,
            email="",
            create_time=staff.clock.now(),
        )
    return known, session


async def revoke_session(staff: Staff, order: Order, session_id: str) -> StoredSession:
    """Ends a session. Unavailable when servers could not be told: it has ended then, and repeating tells them."""
    ended = await staff.sessions.revoke(order, session_id, staff.clock.now()) if session_id else None
    if ended is None:
        raise NotFound(Reason.SESSION_NOT_FOUND, "no such session; `xacthuc staff sessions list` shows those there are")
    await staff.publication.publish([ended.record])
    return ended


async def invite(staff: Staff, command: InviteOperator) -> OperatorView:
    """Keeps an invitation."""
    invited = await staff.operators.invite(command, staff.clock.now())
    if isinstance(invited, Clash):
        raise _clash(invited)
    return invited


async def change(staff: Staff, command: ChangeOperator) -> OperatorView:
    """Changes or disables an operator. Unavailable when servers could not be told, as for sessions."""
    if (command.disabled or command.roles) and not may_change(command.operator, command.operator_id):
        raise PermissionDenied(
            Reason.SECOND_PERSON_NEEDED, "nobody changes their own roles or disables themselves; ask another admin"
        )
    changed = await staff.operators.change(command, staff.clock.now())
    if not isinstance(changed, Change):
        raise _clash(changed)
    await staff.publication.publish(changed.sessions)
    return changed.operator


async def list_operators(staff: Staff, after: str, limit: int) -> tuple[Sequence[OperatorView], str]:
    """Returns a page of operators behind the id `after`, and what to ask the next page with; empty at the end."""
    found = await staff.operators.page(after, limit + 1)
    return found[:limit], found[limit - 1].id if len(found) > limit else ""


async def list_sessions(staff: Staff, operator_id: str, after: str, limit: int) -> tuple[Sequence[StoredSession], str]:
    """Returns a page of sessions, newest first, and what to ask the next page with; empty at the end."""
    found = await staff.sessions.page(operator_id, after, limit + 1)
    return found[:limit], found[limit - 1].record.id if len(found) > limit else ""


async def _told(provider: StaffProvider, flow: Flow, command: CompleteStaffSignIn) -> Assertion | Refused:
    # Another provider's answer, brought here by whoever mixes them up (RFC 9207 section 2.4).
    if command.iss and command.iss != provider.issuer:
        return Refused.FORGED
    try:
        if not command.code:
            return provider.ended(command.error)
        async with asyncio.timeout(_CALL_SECONDS):
            return await provider.complete(flow, command.code)
    except ProviderDown as down:
        raise _down(down.retry_after_seconds) from None
    except TimeoutError:
        raise _down(_CALL_SECONDS) from None


async def _publish_anyway(staff: Staff, records: Sequence[SessionRecord]) -> None:
    try:
        await staff.publication.publish(records)
    except StoreError as error:
        # The secret is in this answer and nowhere else: it is given, and servers hear of it when the store is back.
        get_logger().warning("session_not_published_yet", cause=type(error).__name__)


def _alarm(staff: Staff, outcome: str) -> None:
    staff.counted(Means.BREAK_GLASS, outcome)
    get_logger().warning("break_glass_used", outcome=outcome)


def _provider(staff: Staff) -> StaffProvider:
    if staff.provider is None:
        raise FailedPrecondition(
            Reason.SIGN_IN_NOT_OFFERED, "no identity provider is set up here (XACTHUC_STAFF_PROVIDER_FILE)"
        )
    return staff.provider


def _down(retry_after_seconds: float) -> Unavailable:
    return Unavailable(
        Reason.PROVIDER_UNAVAILABLE,
        "the identity provider of the staff does not answer",
        retry_after=timedelta(seconds=retry_after_seconds),
    )


def _clash(clash: Clash) -> XacthucError:
    if clash is Clash.NOT_FOUND:
        return NotFound(
            Reason.OPERATOR_NOT_FOUND, "no such operator; `xacthuc staff operators list` shows those there are"
        )
    if clash is Clash.TAKEN:
        return AlreadyExists(
            Reason.OPERATOR_ALREADY_EXISTS, "somebody with this e-mail address or subject is an operator or invited"
        )
    return FailedPrecondition(
        Reason.OPERATOR_STATE, "the operator is disabled; invite the person anew", metadata={"state": "DISABLED"}
    )
