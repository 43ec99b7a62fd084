"""Serves operators, on the internal port: the audit trail."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import audit_admin_pb2
from xacthuc.grpckit.pages import size_of
from xacthuc.identity.usecases import audit
from xacthuc.identity.wire import audit_messages

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from google.protobuf.message import Message

    from xacthuc.grpckit.call import Call
    from xacthuc.identity.usecases.audit import Auditing


class ReadNotes:
    """What methods do first that show what is on record of people."""

    def __init__(self, auditing: Auditing) -> None:
        """Takes what the verbs work with."""
        self._auditing = auditing

    async def __call__(self, request: Message, call: Call) -> None:
        await audit.note_read(self._auditing, audit_messages.reader(call), *audit_messages.looked_at(request, call))


class AuditAdminServicer:
    """Serves operators, on the internal port."""

    def __init__(self, auditing: Auditing) -> None:
        """Takes what the verbs work with."""
        self._auditing = auditing

    async def ListEntries(
        self, request: audit_admin_pb2.ListEntriesRequest, call: Call
    ) -> audit_admin_pb2.ListEntriesResponse:
        wanted, limit = audit_messages.wanted(request), size_of(request)
        page, token = await audit.list_entries(
            self._auditing, audit_messages.reader(call), wanted, request.page_token, limit
        )
        return audit_admin_pb2.ListEntriesResponse(entries=map(audit_messages.entry, page), next_page_token=token)

    async def ExportTrail(
        self, request: audit_admin_pb2.ExportTrailRequest, call: Call
    ) -> AsyncGenerator[audit_admin_pb2.ExportTrailResponse]:
        after_entry = request.after_entry if request.HasField("after_entry") else None
        parts = audit.export(self._auditing, audit_messages.reader(call), request.after_seal, after_entry)
        async with aclosing(parts):
            async for part in parts:
                yield audit_messages.part(part)

    async def ListCheckpoints(
        self, request: audit_admin_pb2.ListCheckpointsRequest, call: Call
    ) -> audit_admin_pb2.ListCheckpointsResponse:
        page, token = await audit.list_checkpoints(self._auditing, request.page_token, size_of(request))
        return audit_admin_pb2.ListCheckpointsResponse(
            checkpoints=map(audit_messages.checkpoint, page), next_page_token=token
        )

    async def ListSigningKeys(
        self, request: audit_admin_pb2.ListSigningKeysRequest, call: Call
    ) -> audit_admin_pb2.ListSigningKeysResponse:
        keys = self._auditing.book.public_keys
        return audit_admin_pb2.ListSigningKeysResponse(keys=map(audit_messages.signing_key, keys))
