"""Serves who reads the session log, on the internal port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.pages import size_of
from xacthuc.identity.usecases import sessions
from xacthuc.identity.wire import session_messages

if TYPE_CHECKING:
    from xacthuc.api.identity.v1 import session_admin_pb2
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.usecases.identity import Identity


class SessionAdminServicer:
    """Serves operators, on the internal port."""

    def __init__(self, identity: Identity) -> None:
        """Takes what the verbs work with."""
        self._identity = identity

    async def ListSessionEntries(
        self, request: session_admin_pb2.ListSessionEntriesRequest, call: Call
    ) -> session_admin_pb2.ListSessionEntriesResponse:
        command = session_messages.read_sessions(request, call)
        return session_messages.sessions(await sessions.list_sessions(self._identity, command, size_of(request)))
