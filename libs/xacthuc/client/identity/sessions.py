"""The session log that the law asks for: who logged in and out, and what was published, from where and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import service_pb2, sessions_pb2
from xacthuc.client import reading
from xacthuc.client.calls import Call
from xacthuc.client.identity.naming import SERVICE, stamp
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.client.results import RecordedSessions, SessionEntry


def record_sessions(entries: Iterable[SessionEntry], *, request_id: str | None = None) -> Call[RecordedSessions]:
    """Puts 1 to 1000 entries on the log; what is wrong with one is told with its place and costs no other.

    Keep the `request_id` with the batch and send it again until it is answered: it is recorded once. Accounts need not be
    registered.
    """
    request = service_pb2.RecordSessionsRequest(
        entries=[
            sessions_pb2.SessionEntry(
                account_id=one.account_id,
                kind=sessions_pb2.SessionEntry.Kind.ValueType(one.kind),
                occur_time=stamp(one.occur_time, "occur_time"),
                ip_address=one.ip,
                source_port=one.port,
                content_id=one.content_id,
            )
            for one in entries
        ],
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "RecordSessions", request, service_pb2.RecordSessionsResponse, reading.recorded_sessions)
