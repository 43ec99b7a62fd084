"""Entries of the session log: read one by one, so that a faulty one costs no other."""

from __future__ import annotations

from hashlib import sha256
from socket import AF_INET, AF_INET6, inet_pton
from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import service_pb2, session_admin_pb2, sessions_pb2
from xacthuc.grpckit.errors import InvalidRequest
from xacthuc.grpckit.validation import RequestValidator
from xacthuc.identity.commands import Order, ReadSessions, RecordSessions
from xacthuc.identity.domain.registration import Fault
from xacthuc.identity.domain.sessions import Entry, EntryKind, Rejected, address_of
from xacthuc.identity.wire.common import instant, microseconds, spaced
from xacthuc.ids import is_plain_id

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.ports.sessions import Recorded, SessionPage

_KINDS: Final = {sessions_pb2.SessionEntry.Kind.Value(kind.value): kind for kind in EntryKind}
_NUMBERS: Final = {kind: number for number, kind in _KINDS.items()}
_OF_SESSIONS: Final = frozenset({EntryKind.LOG_IN, EntryKind.LOG_OUT})
_PLAIN_SECONDS: Final = 1 << 32
_NANOS: Final = 1_000_000_000
_PORTS: Final = 65_535


class EntryReader:
    """Reads batches. One per process: it keeps the contract's rules compiled."""

    def __init__(self) -> None:
        """Compiles nothing yet."""
        self._validator = RequestValidator()

    def batch(self, request: service_pb2.RecordSessionsRequest, call: Call) -> RecordSessions:
        """Reads a batch; whatever is wrong with an entry stays with the entry."""
        digest = sha256(request.SerializeToString(deterministic=True)).hexdigest()
        order = Order(
            platform=call.platform,
            method="RecordSessions",
            request_id=request.request_id.lower(),
            payload=digest,
            actor=call.actor,
            trace_id=call.trace.trace_id_hex,
        )
        read = [_plainly(entry) or self._rejected(index, entry) for index, entry in enumerate(request.entries)]
        return RecordSessions(order=order, read=read)

    def _rejected(self, index: int, entry: sessions_pb2.SessionEntry) -> Entry | Rejected:
        """Asks the contract, where an entry is not plainly within the rules."""
        faults = [*self._id_faults("account_id", entry.account_id)]
        kind = _KINDS.get(entry.kind)
        if kind is None:
            faults.append(Fault("kind", "must be one of the contract's kinds", "UNKNOWN"))
        origin = _origin(entry)
        if origin is None or (kind in _OF_SESSIONS and not origin):
            faults.append(Fault("ip_address", "must be an IPv4 or IPv6 address with a source port", "NOT_AN_ADDRESS"))
        if kind in _OF_SESSIONS and entry.content_id:
            faults.append(Fault("content_id", "must be empty for a log-in or log-out", "NOT_OF_THIS_KIND"))
        elif kind is not None and kind not in _OF_SESSIONS:
            faults += self._id_faults("content_id", entry.content_id)
        try:
            occur_us = microseconds(entry.occur_time, "occur_time")
        except InvalidRequest as error:
            faults += [Fault(fault.field, fault.description, fault.reason) for fault in error.field_faults]
            return Rejected(index, tuple(faults))
        if faults or kind is None or origin is None:
            return Rejected(index, tuple(faults))
        return Entry(entry.account_id, kind, occur_us, origin, entry.content_id)

    def _id_faults(self, field: str, given: str) -> tuple[Fault, ...]:
        try:
            self._validator.check(service_pb2.RegisterAccountRequest(account_id=given))
        except InvalidRequest as error:
            return tuple(
                Fault(field, fault.description, fault.reason)
                for fault in error.field_faults
                if fault.field == "account_id"
            )
        return ()


def _plainly(entry: sessions_pb2.SessionEntry) -> Entry | None:
    """Returns an entry that is plainly within the rules, as nearly all are; None where they have to be asked."""
    kind, account_id, content_id, stamp = _KINDS.get(entry.kind), entry.account_id, entry.content_id, entry.occur_time
    seconds, nanos = stamp.seconds, stamp.nanos
    if kind is None or not 0 < seconds < _PLAIN_SECONDS or not 0 <= nanos < _NANOS or not is_plain_id(account_id):
        return None
    origin, of_session = _origin(entry), kind in _OF_SESSIONS
    if origin is None or (of_session and (content_id or not origin)):
        return None
    if not of_session and not is_plain_id(content_id):
        return None
    return Entry(account_id, kind, seconds * 1_000_000 + nanos // 1000, origin, content_id)


def _origin(entry: sessions_pb2.SessionEntry) -> bytes | None:
    """Returns address and port, packed; empty when neither is told, None when they are not what they must be."""
    address, port = entry.ip_address, entry.source_port
    if not address:
        return None if port else b""
    if not 0 < port <= _PORTS:
        return None
    try:
        packed = inet_pton(AF_INET6 if ":" in address else AF_INET, address)
    except (OSError, ValueError):  # ValueError: a null character, or one beyond ASCII
        return None
    return packed + port.to_bytes(2, "big")


def recorded(result: Recorded) -> service_pb2.RecordSessionsResponse:
    """Renders what became of a batch."""
    response = service_pb2.RecordSessionsResponse
    return response(
        recorded_count=result.count,
        rejected=[
            response.Rejected(
                index=one.index,
                faults=[
                    response.Fault(field=fault.field, reason=fault.reason, description=fault.description)
                    for fault in one.faults
                ],
            )
            for one in result.rejected
        ],
    )


def read_sessions(request: session_admin_pb2.ListSessionEntriesRequest, call: Call) -> ReadSessions:
    """Reads what of the log is asked for; InvalidRequest when its times are none."""
    _, platform, _, account_id = request.parent.split("/")
    order = Order(
        platform=platform,
        method="ListSessionEntries",
        request_id="",
        payload="",
        actor=call.actor,
        trace_id=call.trace.trace_id_hex,
    )
    return ReadSessions(
        order=order,
        account_id=account_id,
        start_time=instant(request.start_time, "start_time"),
        end_time=instant(request.end_time, "end_time"),
        basis=spaced(request.basis),
        after=request.page_token,
    )


def sessions(page: SessionPage) -> session_admin_pb2.ListSessionEntriesResponse:
    """Renders a part of the log."""
    return session_admin_pb2.ListSessionEntriesResponse(
        entries=[_entry(one) for one in page.entries], next_page_token=page.next_after
    )


def _entry(one: Entry) -> sessions_pb2.SessionEntry:
    entry = sessions_pb2.SessionEntry(account_id=one.account_id, kind=_NUMBERS[one.kind], content_id=one.content_id)
    entry.occur_time.FromMicroseconds(one.occur_us)
    if one.origin:
        entry.ip_address, entry.source_port = address_of(one.origin)
    return entry
