"""The calls of AuditAdmin, and the trail as the verification wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.json_format import MessageToDict, Parse, ParseError

from xacthuc.api.identity.v1 import audit_admin_pb2
from xacthuc.audit.chain import Line, Seal, instant_of
from xacthuc.cli.adapters.identity_admin_client import platform_name
from xacthuc.client.calls import Call

if TYPE_CHECKING:
    from datetime import datetime

    from google.protobuf.message import Message
    from google.protobuf.timestamp_pb2 import Timestamp

_SERVICE: Final = "xacthuc.api.identity.v1.AuditAdmin"
_PAGE: Final = 1_000


def list_entries(
    *, platform: str, subject: str, tag: str, since: datetime | None, until: datetime | None, token: str
) -> Call[Any]:
    """Returns a page of entries, newest first."""
    request = audit_admin_pb2.ListEntriesRequest(
        platform=platform_name(platform) if platform else "",
        subject=subject,
        tag=tag,
        page_size=_PAGE,
        page_token=token,
    )
    if since is not None:
        request.start_time.FromDatetime(since)
    if until is not None:
        request.end_time.FromDatetime(until)
    return _call("ListEntries", request, audit_admin_pb2.ListEntriesResponse)


def export(after_seal: int, after_entry: int | None) -> Call[audit_admin_pb2.ExportTrailResponse]:
    """Streams the trail behind a seal."""
    request = audit_admin_pb2.ExportTrailRequest(after_seal=after_seal, after_entry=after_entry)
    return _call("ExportTrail", request, audit_admin_pb2.ExportTrailResponse)


def list_checkpoints(token: str) -> Call[Any]:
    """Returns a page of the checkpoints that the service keeps."""
    request = audit_admin_pb2.ListCheckpointsRequest(page_size=_PAGE, page_token=token)
    return _call("ListCheckpoints", request, audit_admin_pb2.ListCheckpointsResponse)


def list_keys() -> Call[Any]:
    """Returns the public keys."""
    return _call("ListSigningKeys", audit_admin_pb2.ListSigningKeysRequest(), audit_admin_pb2.ListSigningKeysResponse)


def seal_of(message: audit_admin_pb2.AuditSeal) -> Seal:
    """Reads a seal."""
    return Seal(
        number=message.number,
        time=_instant(message.seal_time),
        entries=message.entry_count,
        ids=tuple(message.entry_ids),
        digests=tuple(message.digests),
        chain=message.chain,
    )


def line_of(message: audit_admin_pb2.AuditEntry) -> Line:
    """Reads an entry."""
    return Line(
        id=message.id,
        time=_instant(message.record_time),
        tag=message.tag,
        platform=message.platform,
        subject=message.subject,
        actor=message.actor,
        request_id=message.request_id,
        trace_id=message.trace_id,
        detail=message.detail,
    )


def written(part: audit_admin_pb2.ExportTrailResponse) -> dict[str, Any]:
    """Returns a part as a line of a file has it."""
    return MessageToDict(part, preserving_proto_field_name=True)


def read(line: str) -> audit_admin_pb2.ExportTrailResponse:
    """Reads a line of a file; ValueError when it is none."""
    try:
        return Parse(line, audit_admin_pb2.ExportTrailResponse())
    except ParseError:
        raise ValueError("not a part of an exported trail") from None


def _instant(stamp: Timestamp) -> datetime:
    return instant_of(stamp.seconds * 1_000_000 + stamp.nanos // 1_000)


def _call(method: str, request: Message, answer: type[Message]) -> Call[Any]:
    return Call(_SERVICE, method, request, answer, lambda message: message)
