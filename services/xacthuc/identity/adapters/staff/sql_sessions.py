"""Sessions of the staff in PostgreSQL: begun by whom the identity provider vouches for, or in an emergency, and ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, delete, func, insert, or_, select, text, update

from xacthuc.audit.tags import Tag
from xacthuc.credentials.sessions import SessionState
from xacthuc.credentials.staff import BREAK_GLASS, Role
from xacthuc.identity.adapters.newest import newest_first
from xacthuc.identity.adapters.staff.rows import give_roles, lock, new_id, session, sessions_of, tell
from xacthuc.identity.adapters.staff.tables import break_glass_tries, operators, staff_sessions
from xacthuc.identity.domain.staff import (
    BREAK_GLASS_TRIES,
    BREAK_GLASS_WINDOW,
    Admitted,
    Known,
    OperatorState,
    admitted,
)
from xacthuc.identity.ports.staff import Opened
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.credentials.sessions import SessionRecord
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.staff import Assertion, NotAdmitted
    from xacthuc.identity.ports.staff import NewSession, StoredSession

_LOCK_TRIES: Final = text("LOCK TABLE identity.break_glass_tries IN SHARE ROW EXCLUSIVE MODE")


class SqlSessions:
    """The port `Sessions`."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Takes the pool for writes."""
        self._engine = engine

    async def admit(self, order: Order, assertion: Assertion, new: NewSession, now: datetime) -> Opened | NotAdmitted:
        """Looks for who it is with nobody else changing operators, and opens the session in the same commit."""
        async with transaction(self._engine) as connection:
            await lock(connection)
            known = await _known(connection, assertion)
            decided = admitted(assertion, known)
            if not isinstance(decided, Admitted):
                await tell(connection, order, Tag.STAFF_SIGN_IN_REFUSED, "", now, cause=decided.value)
                return decided
            operator_id = await _let_in(connection, order, assertion, decided, now)
            if decided.roles != next((each.roles for each in known if each.id == operator_id), decided.roles):
                await give_roles(connection, operator_id, decided.roles)
            opened = await _open(connection, operator_id, decided.roles, new, now)
            await _tell_opened(connection, order, opened, now, None)
            return Opened(opened, await sessions_of(connection, operator_id))

    async def refuse(self, order: Order, cause: str, now: datetime) -> None:
        """Writes to the trail alone."""
        async with transaction(self._engine) as connection:
            await tell(connection, order, Tag.STAFF_SIGN_IN_REFUSED, "", now, cause=cause)

    async def try_break_glass(self, order: Order, reason: str, now: datetime) -> timedelta:
        """Counts the tries of the window, one caller after another, and notes this one if it may be made."""
        of = break_glass_tries.c
        async with transaction(self._engine) as connection:
            await connection.execute(_LOCK_TRIES)
            await connection.execute(delete(break_glass_tries).where(of.time <= now - BREAK_GLASS_WINDOW))
            count, oldest = (await connection.execute(select(func.count(), func.min(of.time)))).one()
            may = count < BREAK_GLASS_TRIES
            if may:
                await connection.execute(insert(break_glass_tries).values(request_id=order.request_id, time=now))
            tag = Tag.BREAK_GLASS_TRIED if may else Tag.BREAK_GLASS_LIMITED
            await tell(connection, order, tag, BREAK_GLASS.id, now, reason=reason)
        return timedelta(0) if may else oldest + BREAK_GLASS_WINDOW - now

    async def open_break_glass(self, order: Order, new: NewSession, reason: str, now: datetime) -> StoredSession:
        """Opens a session of nobody in particular."""
        async with transaction(self._engine) as connection:
            opened = await _open(connection, BREAK_GLASS.id, BREAK_GLASS.roles, new, now)
            await _tell_opened(connection, order, opened, now, reason)
        return opened

    async def get(self, session_id: str) -> StoredSession | None:
        """Reads a session."""
        async with transaction(self._engine) as connection:
            found = await connection.execute(select(staff_sessions).where(staff_sessions.c.session == session_id))
            row = found.one_or_none()
        return None if row is None else session(row)

    async def revoke(self, order: Order, session_id: str, now: datetime) -> StoredSession | None:
        """Ends a session under its lock."""
        of = staff_sessions.c
        async with transaction(self._engine) as connection:
            ended = await connection.execute(
                update(staff_sessions)
                .where(of.session == session_id, of.state == SessionState.ACTIVE)
                .values(state=SessionState.REVOKED, version=of.version + 1)
            )
            row = (await connection.execute(select(staff_sessions).where(of.session == session_id))).one_or_none()
            if row is None:
                return None
            if ended.rowcount:
                await tell(connection, order, Tag.STAFF_SESSION_REVOKED, row.operator, now, session=session_id)
        return session(row)

    async def page(self, operator_id: str, after: str, limit: int) -> Sequence[StoredSession]:
        """Reads sessions by keyset."""
        of = staff_sessions.c
        query = newest_first(staff_sessions, of.session, after, limit)
        if operator_id:
            query = query.where(of.operator == operator_id)
        async with transaction(self._engine) as connection:
            return [session(row) for row in await connection.execute(query)]

    async def records(self) -> list[SessionRecord]:
        """Reads all sessions as servers are told, for whoever publishes them."""
        async with transaction(self._engine) as connection:
            return [session(row).record for row in await connection.execute(select(staff_sessions))]


async def _known(connection: AsyncConnection, assertion: Assertion) -> list[Known]:
    of = operators.c
    subject = and_(of.subject == assertion.subject, or_(of.issuer == assertion.issuer, of.issuer.is_(None)))
    invited = and_(of.state == OperatorState.INVITED, of.email == assertion.email)
    is_known = or_(subject, invited) if assertion.email else subject
    rows = await connection.execute(select(operators).where(is_known))
    return [
        Known(
            id=row.operator,
            state=OperatorState(row.state),
            roles=frozenset(map(Role, row.roles)),
            by_subject=row.subject == assertion.subject,
        )
        for row in rows
    ]


async def _let_in(
    connection: AsyncConnection, order: Order, assertion: Assertion, decided: Admitted, now: datetime
) -> str:
    """Writes down who somebody is from now on; returns their id."""
    operator_id = decided.id or new_id()
    bound = {
        "roles": sorted(decided.roles),
        "state": OperatorState.ACTIVE,
        "issuer": assertion.issuer,
        "subject": assertion.subject,
        "email": None,
    }
    if decided.id:
        of = operators.c
        fresh = await connection.scalar(select(of.state).where(of.operator == operator_id)) == OperatorState.INVITED
        await connection.execute(update(operators).where(of.operator == operator_id).values(**bound))
    else:
        fresh = True
        await connection.execute(
            insert(operators).values(
                **bound,
                operator=operator_id,
                display_name=assertion.display_name,
                create_time=now,
                request_id=order.request_id,
            )
        )
    if fresh:
        roles = " ".join(sorted(decided.roles))
        await tell(connection, order, Tag.OPERATOR_ADMITTED, operator_id, now, roles=roles)
    return operator_id


async def _open(
    connection: AsyncConnection, operator_id: str, roles: frozenset[Role], new: NewSession, now: datetime
) -> StoredSession:
    values: dict[str, Any] = {
        "session": new_id(),
        "operator": operator_id,
        "roles": sorted(roles),
        "sha256": new.sha256,
        "state": SessionState.ACTIVE,
        "means": new.means,
        "create_time": now,
        "expire_time": now + new.life,
        "idle_seconds": int(new.idle.total_seconds()),
        "version": 1,
    }
    made = await connection.execute(insert(staff_sessions).values(values).returning(staff_sessions))
    return session(made.one())


async def _tell_opened(
    connection: AsyncConnection, order: Order, opened: StoredSession, now: datetime, reason: str | None
) -> None:
    who = opened.record.operator
    detail: dict[str, str | int | None] = {"session": opened.record.id, "means": opened.means.value}
    if reason is not None:
        detail["reason"] = reason
    await tell(connection, order, Tag.STAFF_SIGNED_IN, who, now, actor=f"operator:{who}", **detail)
