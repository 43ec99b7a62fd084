"""Writes down who looks at what is on record of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.audit import auditing, messages
from xacthuc.identity.wire import read_notes

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from xacthuc.audit.auditing import Auditing
    from xacthuc.grpckit.call import Call


class ReadNotes:
    """What methods do first that show what is on record of people."""

    def __init__(self, desk: Auditing) -> None:
        """Takes what the verbs work with."""
        self._auditing = desk

    async def __call__(self, request: Message, call: Call) -> None:
        await auditing.note_read(self._auditing, messages.reader(call), *read_notes.looked_at(request, call))
