"""What every service reads from messages and renders into them: orders, texts and times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from google.protobuf.timestamp_pb2 import Timestamp

from xacthuc.grpckit.errors import FieldFault, InvalidRequest
from xacthuc.order import Order

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from xacthuc.grpckit.call import Call

_EARLIEST_SECONDS: Final = -62_135_596_800
_LATEST_SECONDS: Final = 253_402_300_799
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NANOS: Final = 1_000_000_000
"""Bounds of a Timestamp: the years 1 to 9999 (google/protobuf/timestamp.proto)."""


def order(request: Message, call: Call, platform: str) -> Order:
    """Reads who asks for a write.

    The payload is the request without its id, serialized: equal requests of any client spell it alike here.
    """
    payload = type(request)()
    payload.CopyFrom(request)
    payload.ClearField("request_id")
    return Order(
        platform=platform,
        method=request.DESCRIPTOR.name.removesuffix("Request"),
        request_id=request.request_id.lower(),  # type: ignore[attr-defined]  # every write has one
        payload=payload.SerializeToString(deterministic=True).hex(),
        actor=call.actor,
        trace_id=call.trace.trace_id_hex,
    )


def spaced(text: str) -> str:
    """Reads a text without what is left of typing it: spaces around and doubled ones."""
    return " ".join(text.split())


def optional_timestamp(instant: datetime | None) -> Timestamp | None:
    """Renders an instant that may not be."""
    return None if instant is None else timestamp(instant)


def timestamp(instant: datetime) -> Timestamp:
    """Renders an instant."""
    stamp = Timestamp()
    stamp.FromDatetime(instant)
    return stamp


def instant(stamp: Timestamp, field: str) -> datetime:
    """Reads an instant; InvalidRequest naming `field` when it is not one."""
    # By hand: datetime's own conversion of the earliest and latest seconds fails on some platforms.
    return _EPOCH + timedelta(0, 0, microseconds(stamp, field))


def microseconds(stamp: Timestamp, field: str) -> int:
    """Reads an instant as microseconds since the Unix epoch; InvalidRequest naming `field` when it is not one."""
    seconds, nanos = stamp.seconds, stamp.nanos
    if not _EARLIEST_SECONDS <= seconds <= _LATEST_SECONDS or not 0 <= nanos < _NANOS:
        raise InvalidRequest(FieldFault(field, "must be a time in the years 1 to 9999", "NOT_A_TIME"))
    return seconds * 1_000_000 + nanos // 1_000
