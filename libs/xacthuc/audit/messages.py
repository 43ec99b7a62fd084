"""The audit trail, as operators ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import audit_admin_pb2
from xacthuc.audit.checkpoints import key_id, written_keys
from xacthuc.audit.reading import Reader, Wanted
from xacthuc.grpckit.reading import instant, timestamp

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from xacthuc.audit.chain import Line, Seal
    from xacthuc.audit.checkpoints import Checkpoint
    from xacthuc.audit.reading import Part
    from xacthuc.grpckit.call import Call

_PLATFORM: Final = "platforms/"
_PLATFORM_PREFIX: Final = len(_PLATFORM)
_NAMING: Final = ("name", "parent", "operator")
"""Fields that say what a request is about (AIP-122, AIP-132)."""


def reader(call: Call) -> Reader:
    """Reads who reads."""
    return Reader(call.actor, call.trace.trace_id_hex)


def method_of(call: Call) -> str:
    """Reads which method is called, such as `AuditAdmin/ListEntries`."""
    return call.method.rpartition(".")[2]


def looked_at(request: Message, call: Call) -> tuple[str, str, str]:
    """Reads what an operator asks to see: the platform, the id of the account or of what else is named, and the method.

    Where nothing is named but a platform, the method stands for the id.
    """
    fields, method = request.DESCRIPTOR.fields_by_name, method_of(call)
    named = next((getattr(request, field) for field in _NAMING if field in fields), "")
    platform = call.platform if call.has_platform else ""
    if named.startswith(_PLATFORM):
        platform, _, named = named.removeprefix(_PLATFORM).partition("/")
    return platform, named.rpartition("/")[2] or method, method


def wanted(request: audit_admin_pb2.ListEntriesRequest) -> Wanted:
    """Reads which entries are wanted."""
    return Wanted(
        platform=request.platform[_PLATFORM_PREFIX:],
        subject=request.subject,
        tag=request.tag,
        since=instant(request.start_time, "start_time") if request.HasField("start_time") else None,
        until=instant(request.end_time, "end_time") if request.HasField("end_time") else None,
    )


def entry(line: Line) -> audit_admin_pb2.AuditEntry:
    """Renders an entry."""
    return audit_admin_pb2.AuditEntry(
        id=line.id,
        record_time=timestamp(line.time),
        tag=line.tag,
        platform=line.platform,
        subject=line.subject,
        actor=line.actor,
        request_id=line.request_id,
        trace_id=line.trace_id,
        detail=line.detail,
    )


def part(found: Part) -> audit_admin_pb2.ExportTrailResponse:
    """Renders a part of an export."""
    if found.pruned is not None:
        return audit_admin_pb2.ExportTrailResponse(pruned=found.pruned)
    message = audit_admin_pb2.ExportTrailResponse(
        seal=None if found.seal is None else _seal(found.seal),
        entries=[entry(line) for line in found.lines],
        met_entry_ids=found.met,
    )
    if found.seal is None:
        message.end.waiting_entry_ids.extend(found.waiting)
        message.end.waiting_count = found.waiting_count
    return message


def checkpoint(told: Checkpoint) -> audit_admin_pb2.AuditCheckpoint:
    """Renders a checkpoint."""
    return audit_admin_pb2.AuditCheckpoint(
        seal_number=told.number,
        entry_count=told.entries,
        state_time=timestamp(told.time),
        key_id=told.key_id,
        line=told.line(),
    )


def signing_key(public_key: bytes) -> audit_admin_pb2.AuditSigningKey:
    """Renders a public key."""
    return audit_admin_pb2.AuditSigningKey(key_id=key_id(public_key), public_key=written_keys([public_key]))


def _seal(seal: Seal) -> audit_admin_pb2.AuditSeal:
    return audit_admin_pb2.AuditSeal(
        number=seal.number,
        seal_time=timestamp(seal.time),
        entry_count=seal.entries,
        entry_ids=seal.ids,
        digests=seal.digests,
        chain=seal.chain,
    )
