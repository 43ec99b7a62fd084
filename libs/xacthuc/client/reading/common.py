"""What messages of both services have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.empty_pb2 import Empty
    from google.protobuf.message import Message
    from google.protobuf.timestamp_pb2 import Timestamp


def nothing(_message: Empty) -> None:
    """Returns None: the call succeeded and says no more."""


def instant(stamp: Timestamp) -> datetime:
    """Returns an aware datetime in UTC."""
    return stamp.ToDatetime(tzinfo=UTC)


def optional(message: Message, name: str) -> datetime | None:
    """Returns an instant that may be absent."""
    return instant(getattr(message, name)) if message.HasField(name) else None
