"""Who is calling, and whether they may: by platform key on the public port, by certificate on the internal one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Protocol

from xacthuc.credentials.staff import DEVELOPMENT
from xacthuc.grpckit.call import Call
from xacthuc.grpckit.errors import PermissionDenied, Unauthenticated
from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.credentials.directory import KeyDirectory
    from xacthuc.credentials.session_directory import SessionDirectory
    from xacthuc.credentials.staff import Operator, Role
    from xacthuc.grpckit.observer import Progress
    from xacthuc.grpckit.peers import PeerCertificates
    from xacthuc.telemetry.tracing import TraceContext, Tracer

AUTHORIZATION: Final = "authorization"
PLATFORM: Final = "x-xacthuc-platform"
TRACEPARENT: Final = "traceparent"

COMMAND_LINE: Final = "cli"
"""The peer that operators call by."""

_PLATFORM_ID: Final = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")


class Gate(Protocol):
    """A port's way of telling who calls."""

    def trace(self, headers: Mapping[str, Any]) -> TraceContext:
        """Returns the trace the call belongs to."""
        ...

    def admit(self, progress: Progress, deadline: float, context: Any) -> Call:
        """Returns the call of an allowed caller; Unauthenticated or PermissionDenied otherwise."""
        ...


class KeyGate:
    """The public port. `x-xacthuc-platform` means nothing here: the platform comes from the key alone."""

    def __init__(self, keys: KeyDirectory, tracer: Tracer) -> None:
        self._authenticate = keys.authenticate
        self._root = tracer.root

    def trace(self, headers: Mapping[str, Any]) -> TraceContext:
        """Begins a trace of our own; the platform's is linked, its sampling never obeyed."""
        return self._root(headers.get(TRACEPARENT))

    def admit(self, progress: Progress, deadline: float, context: Any) -> Call:  # noqa: ARG002 - the certificate says nothing here
        """Returns the call of the platform whose key came with it."""
        method = progress.method
        record = self._authenticate(progress.headers.get(AUTHORIZATION))
        if record.scopes.isdisjoint(method.scopes):
            needed = " or ".join(sorted(method.scopes))
            raise PermissionDenied(
                Reason.SCOPE_MISSING, f"the platform key lacks the scope {needed}", metadata={"scope": needed}
            )
        return Call(method.path, progress.trace, deadline, record.platform, key_id=record.key_id, scopes=record.scopes)


class PeerGate:
    """The internal port: mutual TLS says who calls, a table per method says who may.

    Administrative methods ask for an operator's session beside it, and for one of the method's roles.
    """

    def __init__(
        self, peers: PeerCertificates, tracer: Tracer, staff: SessionDirectory | None, *, development: bool
    ) -> None:
        """`staff` is needed by methods with roles; `development` lets the command line administer without a session."""
        self._service = peers.service
        self._follow = tracer.follow
        self._staff = staff
        self._development = development

    def trace(self, headers: Mapping[str, Any]) -> TraceContext:
        """Continues the calling service's trace, its sampling included."""
        return self._follow(headers.get(TRACEPARENT))

    def admit(self, progress: Progress, deadline: float, context: Any) -> Call:
        """Returns the call of an allowed service, for the platform it names."""
        method = progress.method
        peer = self._service(context.auth_context())
        if peer not in method.peers:
            raise PermissionDenied(Reason.PEER_NOT_ALLOWED, f"{peer} may not call this method", metadata={"peer": peer})
        platform = str(progress.headers.get(PLATFORM, ""))
        if platform and _PLATFORM_ID.fullmatch(platform) is None:
            raise Unauthenticated(Reason.PLATFORM_MISSING, "x-xacthuc-platform does not hold a platform id")
        if not method.roles:
            return Call(method.path, progress.trace, deadline, platform, peer=peer)
        operator = self._operator(progress.headers.get(AUTHORIZATION), peer)
        # Known from here on, so that the line of a refused call says whom a role was missing.
        call = progress.call = Call(method.path, progress.trace, deadline, platform, peer=peer, operator=operator)
        if operator.roles.isdisjoint(method.roles):
            raise role_missing(method.roles)
        return call

    def _operator(self, header: str | None, peer: str) -> Operator:
        if header is None and self._development and peer == COMMAND_LINE:
            return DEVELOPMENT
        if self._staff is None:
            raise Unauthenticated(Reason.STAFF_SESSION_MISSING, "nobody can be signed in here")
        return self._staff.authenticate(header)


def role_missing(needed: frozenset[Role]) -> PermissionDenied:
    """Says which roles an operator lacks."""
    names = " or ".join(sorted(needed))
    return PermissionDenied(Reason.ROLE_MISSING, f"this takes the role {names}", metadata={"roles": names})
