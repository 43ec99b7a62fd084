"""The session log: written by platforms, read for authorities (R48)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FieldFault, InvalidRequest
from xacthuc.identity.domain.sessions import sift

if TYPE_CHECKING:
    from xacthuc.identity.commands import ReadSessions, RecordSessions
    from xacthuc.identity.ports.sessions import Recorded, SessionPage
    from xacthuc.identity.usecases.identity import Identity


async def record_sessions(identity: Identity, command: RecordSessions) -> Recorded:
    """Keeps what can be kept of a batch.

    Accounts that are not registered are kept too: the law asks for the log of whoever logged in, and a registration, an
    import or an erasure may be under way.
    """
    now, months = identity.clock.now(), identity.policy.retention.session_log_months
    return await identity.shield.finish(identity.sessions.record(command.order, sift(command.read, now, months), now))


async def list_sessions(identity: Identity, command: ReadSessions, limit: int) -> SessionPage:
    """Returns a part of the log, in clear."""
    if command.start_time >= command.end_time:
        raise InvalidRequest(FieldFault("end_time", "must be after start_time", "NOT_AFTER_START"))
    return await identity.sessions.read(command, limit, identity.clock.now())
