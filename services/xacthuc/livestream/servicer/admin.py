"""Serves officers, on the internal port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.reading import order
from xacthuc.livestream.usecases import records
from xacthuc.livestream.wire import record_messages as wire

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from xacthuc.api.livestream.v1 import admin_pb2 as pb2
    from xacthuc.grpckit.call import Call
    from xacthuc.livestream.usecases.livestream import Livestream


class ReadNotes:
    """What methods do first that show what is on record."""

    def __init__(self, livestream: Livestream) -> None:
        """Takes what the verbs work with."""
        self._livestream = livestream

    async def __call__(self, request: Message, call: Call) -> None:
        await records.note_read(self._livestream, **wire.looked_at(request, call))


class LivestreamAdminServicer:
    """Serves officers, on the internal port."""

    def __init__(self, livestream: Livestream) -> None:
        """Takes what the verbs work with."""
        self._livestream = livestream

    async def GetBroadcastRecord(self, request: pb2.GetBroadcastRecordRequest, call: Call) -> pb2.BroadcastRecord:
        asked = (*wire.parts(request.name), wire.place(request.page_token) if request.page_token else None)
        return wire.part(*await records.get_record(self._livestream, *asked))

    async def ListBroadcastRecords(
        self, request: pb2.ListBroadcastRecordsRequest, call: Call
    ) -> pb2.ListBroadcastRecordsResponse:
        return wire.records(*await records.list_records(self._livestream, wire.wanted(request)))

    async def ExportBroadcastRecords(
        self, request: pb2.ExportBroadcastRecordsRequest, call: Call
    ) -> pb2.ExportBroadcastRecordsResponse:
        approval_id = request.approval.removeprefix("approvals/")
        approved = await records.begin_export(
            self._livestream, approval_id, call, lambda platform: order(request, call, platform)
        )
        found = await records.list_records(self._livestream, wire.approved_page(approved, request))
        return wire.export(approved, *found)
