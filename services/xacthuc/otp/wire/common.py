"""What every face of the service writes the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp

if TYPE_CHECKING:
    from google.protobuf.message import Message


def request_id(request: Message) -> str:
    """Reads a request's id; a UUID may be spelled in capitals (RFC 9562 section 4)."""
    identity: str = request.request_id  # type: ignore[attr-defined]  # every write has one
    return identity.lower()


def timestamp(at_ms: int) -> Timestamp:
    """Renders milliseconds since the epoch."""
    return Timestamp(seconds=at_ms // 1000, nanos=at_ms % 1000 * 1_000_000)
