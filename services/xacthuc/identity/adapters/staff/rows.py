"""What writes about the staff share: rows as values, the lock, the trail, and sessions that change with their operator."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, text, update

from xacthuc.audit.trail import Entry
from xacthuc.credentials.sessions import SessionRecord, SessionState
from xacthuc.credentials.staff import Role
from xacthuc.identity.adapters.staff.tables import staff_sessions
from xacthuc.identity.adapters.tables import trail
from xacthuc.identity.domain.staff import Means, OperatorState
from xacthuc.identity.ports.staff import OperatorView, StoredSession
from xacthuc.ids import encode, random_bytes

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.audit.tags import Tag
    from xacthuc.identity.commands import Order

_LOCK: Final = text("LOCK TABLE identity.operators IN SHARE ROW EXCLUSIVE MODE")
_ID_BYTES: Final = 9
"""72 random bits in 12 characters: an id names somebody in the trail, and opens nothing."""


def new_id() -> str:
    """Returns an id that nobody has."""
    return encode(random_bytes(_ID_BYTES))


async def lock(connection: AsyncConnection) -> None:
    """Keeps other changes of operators out until the commit: they are rare, and who is who takes looking at several."""
    await connection.execute(_LOCK)


async def tell(
    connection: AsyncConnection,
    order: Order,
    tag: Tag,
    subject: str,
    now: datetime,
    *,
    actor: str = "",
    **detail: str | int | None,
) -> None:
    """Writes the audit trail; `actor` where the caller is known by what they did alone."""
    entry = Entry(
        tag=tag,
        time=now,
        platform="",
        subject=subject,
        actor=actor or order.actor,
        request_id=order.request_id,
        trace_id=order.trace_id,
        detail={**detail},
    )
    await trail.write(connection, [entry])


async def sessions_of(connection: AsyncConnection, operator_id: str) -> list[SessionRecord]:
    """Returns an operator's sessions as servers are told."""
    rows = await connection.execute(select(staff_sessions).where(staff_sessions.c.operator == operator_id))
    return [session(row).record for row in rows]


async def revoke_all(connection: AsyncConnection, operator_id: str) -> None:
    """Ends an operator's sessions."""
    of = staff_sessions.c
    await connection.execute(
        update(staff_sessions)
        .where(of.operator == operator_id, of.state == SessionState.ACTIVE)
        .values(state=SessionState.REVOKED, version=of.version + 1)
    )


async def give_roles(connection: AsyncConnection, operator_id: str, roles: Collection[Role]) -> None:
    """Gives an operator's sessions other roles."""
    of = staff_sessions.c
    await connection.execute(
        update(staff_sessions).where(of.operator == operator_id).values(roles=sorted(roles), version=of.version + 1)
    )


def operator(row: Row[Any]) -> OperatorView:
    """Reads an operator."""
    return OperatorView(
        id=row.operator,
        display_name=row.display_name,
        roles=frozenset(map(Role, row.roles)),
        state=OperatorState(row.state),
        email=row.email or "",
        create_time=row.create_time,
    )


def session(row: Row[Any]) -> StoredSession:
    """Reads a session."""
    record = SessionRecord(
        id=row.session,
        operator=row.operator,
        roles=frozenset(map(Role, row.roles)),
        sha256=bytes(row.sha256),
        state=SessionState(row.state),
        create_ms=milliseconds(row.create_time),
        expire_ms=milliseconds(row.expire_time),
        idle_ms=row.idle_seconds * 1000,
        version=row.version,
    )
    return StoredSession(record, Means(row.means))


def milliseconds(instant: datetime) -> int:
    """Rounds down: a session never outlives what was granted."""
    return (instant - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
