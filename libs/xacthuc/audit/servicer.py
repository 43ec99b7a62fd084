"""Serves operators, on the internal port: the audit trail of the service that answers. Each has one of its own."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import audit_admin_pb2
from xacthuc.audit import auditing, messages
from xacthuc.credentials.staff import Role
from xacthuc.grpckit.pages import size_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from google.protobuf.message import Message

    from xacthuc.audit.auditing import Auditing
    from xacthuc.grpckit.call import Call


_READERS: Final = frozenset({Role.OFFICER, Role.ADMIN})
ROLES: Final = {
    "ListEntries": _READERS,
    "ExportTrail": _READERS,
    "ListCheckpoints": frozenset(Role),
    "ListSigningKeys": frozenset(Role),
}
"""The roles of which an operator has one to call each method."""


class AuditAdminServicer:
    """Serves operators, on the internal port."""

    def __init__(self, desk: Auditing) -> None:
        """Takes what the verbs work with."""
        self._auditing = desk

    async def ListEntries(
        self, request: audit_admin_pb2.ListEntriesRequest, call: Call
    ) -> audit_admin_pb2.ListEntriesResponse:
        wanted, limit = messages.wanted(request), size_of(request)
        page, token = await auditing.list_entries(
            self._auditing, messages.reader(call), wanted, request.page_token, limit
        )
        return audit_admin_pb2.ListEntriesResponse(entries=map(messages.entry, page), next_page_token=token)

    async def ExportTrail(
        self, request: audit_admin_pb2.ExportTrailRequest, call: Call
    ) -> AsyncGenerator[audit_admin_pb2.ExportTrailResponse]:
        after_entry = request.after_entry if request.HasField("after_entry") else None
        parts = auditing.export(self._auditing, messages.reader(call), request.after_seal, after_entry)
        async with aclosing(parts):
            async for part in parts:
                yield messages.part(part)

    async def ListCheckpoints(
        self, request: audit_admin_pb2.ListCheckpointsRequest, call: Call
    ) -> audit_admin_pb2.ListCheckpointsResponse:
        await self._looked(call)
        page, token = await auditing.list_checkpoints(self._auditing, request.page_token, size_of(request))
        return audit_admin_pb2.ListCheckpointsResponse(
            checkpoints=map(messages.checkpoint, page), next_page_token=token
        )

    async def ListSigningKeys(
        self, request: audit_admin_pb2.ListSigningKeysRequest, call: Call
    ) -> audit_admin_pb2.ListSigningKeysResponse:
        await self._looked(call)
        keys = self._auditing.book.public_keys
        return audit_admin_pb2.ListSigningKeysResponse(keys=map(messages.signing_key, keys))

    async def _looked(self, call: Call) -> None:
        method = messages.method_of(call)
        await auditing.note_look(self._auditing, messages.reader(call), "", method, method)


class ReadNotes:
    """What methods do first that show what is on record of people: each time."""

    def __init__(self, desk: Auditing) -> None:
        """Takes what the verbs work with."""
        self._auditing = desk

    async def __call__(self, request: Message, call: Call) -> None:
        await auditing.note_read(self._auditing, messages.reader(call), *messages.looked_at(request, call))


class LookNotes(ReadNotes):
    """What administrative methods do first that show nothing of a person: once a minute."""

    async def __call__(self, request: Message, call: Call) -> None:
        await auditing.note_look(self._auditing, messages.reader(call), *messages.looked_at(request, call))
