"""What speaks against links and what officers decided, in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, tuple_, update

from xacthuc.audit.tags import Tag
from xacthuc.grpckit.errors import NotFound
from xacthuc.grpckit.reasons import Reason
from xacthuc.guardian.adapters.events import EventKind
from xacthuc.guardian.adapters.link_rows import read
from xacthuc.guardian.adapters.link_writes import decline, end, entry, event, lock_child, pass_on
from xacthuc.guardian.adapters.tables import disputes, link_changes, outbox, trail
from xacthuc.guardian.domain.disputes import Dispute, DisputeCause, DisputeState
from xacthuc.guardian.domain.links import OVER, EndCause, State
from xacthuc.guardian.ports.disputes import LinkChange, LinkHistory
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.guardian.adapters.sql_links import SqlLinks
    from xacthuc.order import Order
    from xacthuc.sql.requests import SqlRequests


class SqlDisputes:
    """The port `Disputes`. Each is called by the request that opened it."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests, links: SqlLinks) -> None:
        """Takes the pool, what recognises repetitions, and where links are read."""
        self._engine = engine
        self._requests = requests
        self._links = links

    async def open(self, order: Order, link: str, cause: DisputeCause, basis: str, now: datetime) -> Dispute | None:
        """Writes it under the child's lock, so that the link is not over a moment later."""
        async with transaction(self._engine) as connection:
            found = await read(connection, order.platform, link)
            if found is None:
                raise NotFound(Reason.LINK_NOT_FOUND, "there is no such link on this platform; list those there are")
            await lock_child(connection, order.platform, found.child_id)
            if not await self._requests.record(connection, order, found.child_id, None, now):
                return await _find(connection, order.platform, order.request_id)
            found = await read(connection, order.platform, link)
            if found is None or found.state in OVER:
                await connection.rollback()
                return None
            opened = Dispute(
                platform=order.platform,
                dispute_id=order.request_id,
                link=link,
                child=found.child_id,
                cause=cause,
                state=DisputeState.OPEN,
                basis=basis,
                resolver="",
                resolve_basis="",
                create_time=now,
                resolve_time=None,
            )
            await open_dispute(connection, order, opened, now)
            return opened

    async def get(self, platform: str, dispute_id: str) -> Dispute | None:
        """Reads it."""
        async with transaction(self._engine) as connection:
            return await _find(connection, platform, dispute_id)

    async def page(
        self, platform: str, before: int | None, limit: int, *, resolved: bool
    ) -> tuple[list[Dispute], int | None]:
        """Walks the ids from the newest down."""
        of = disputes.c
        wanted = select(disputes).where(of.platform == platform).order_by(of.id.desc()).limit(limit + 1)
        if not resolved:
            wanted = wanted.where(of.state == DisputeState.OPEN)
        if before is not None:
            wanted = wanted.where(of.id < before)
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(wanted)).all()
        return [_read(row) for row in rows[:limit]], rows[limit - 1].id if len(rows) > limit else None

    async def resolve(
        self, order: Order, dispute_id: str, basis: str, now: datetime, *, waits: timedelta, allowed: bool
    ) -> tuple[Dispute, bool] | None:
        """Decides under the child's lock."""
        platform = order.platform
        async with transaction(self._engine) as connection:
            found = await _find(connection, platform, dispute_id)
            if found is None:
                return None
            await lock_child(connection, platform, found.child)
            found = await _find(connection, platform, dispute_id)
            if found is None or await self._requests.find(connection, order) is not None:
                return None if found is None else (found, True)
            if found.state is not DisputeState.OPEN:
                return found, False
            await self._requests.record(connection, order, found.child, None, now)
            await _decide(connection, order, found, basis, now, allowed=allowed)
            await _follow(connection, order, found, now, waits=waits, allowed=allowed)
            decided = await _find(connection, platform, dispute_id)
            return None if decided is None else (decided, True)

    async def histories(
        self, platform: str, account_id: str, before: int | None, limit: int
    ) -> tuple[list[LinkHistory], int | None]:
        """Reads the links, then what became of them."""
        page, following = await self._links.list_of(platform, account_id, before, limit)
        of, keys = link_changes.c, [(platform, each.link) for each in page]
        wanted = select(link_changes).where(tuple_(of.platform, of.link).in_(keys)).order_by(of.link, of.number)
        changes: dict[str, list[LinkChange]] = {each.link: [] for each in page}
        async with transaction(self._engine) as connection:
            for row in await connection.execute(wanted):
                changes[row.link].append(
                    LinkChange(state=State(row.state), actor=row.actor, change_time=row.change_time)
                )
        return [LinkHistory(each, changes[each.link]) for each in page], following


async def open_dispute(connection: AsyncConnection, order: Order, opened: Dispute, now: datetime) -> None:
    """Puts a dispute on record, under the child's lock."""
    await connection.execute(
        insert(disputes).values(
            platform=opened.platform,
            dispute=opened.dispute_id,
            link=opened.link,
            child=opened.child,
            cause=opened.cause,
            state=opened.state,
            basis=opened.basis,
            create_time=now,
        )
    )
    detail = {"dispute": opened.dispute_id, "link": opened.link, "cause": opened.cause.value}
    await trail.write(
        connection, [entry(order, Tag.DISPUTE_OPENED, opened.child, now, {**detail, "basis": opened.basis})]
    )
    await outbox.append(connection, [event(order, EventKind.DISPUTE_OPENED, opened.child, now, {**detail})])


async def _decide(
    connection: AsyncConnection, order: Order, found: Dispute, basis: str, now: datetime, *, allowed: bool
) -> None:
    of, state = disputes.c, DisputeState.ALLOWED if allowed else DisputeState.REFUSED
    await connection.execute(
        update(disputes)
        .where(of.platform == found.platform, of.dispute == found.dispute_id)
        .values(state=state, resolver=order.actor, resolve_basis=basis, resolve_time=now)
    )
    detail = {"dispute": found.dispute_id, "link": found.link, "decision": state.value}
    await trail.write(connection, [entry(order, Tag.DISPUTE_RESOLVED, found.child, now, {**detail, "basis": basis})])
    await outbox.append(connection, [event(order, EventKind.DISPUTE_RESOLVED, found.child, now, {**detail})])


async def _follow(
    connection: AsyncConnection, order: Order, found: Dispute, now: datetime, *, waits: timedelta, allowed: bool
) -> None:
    """Lets the link go on from where it was held once nothing else speaks against it, or ends it."""
    link = await read(connection, order.platform, found.link)
    if link is None or link.state in OVER:
        return
    if not allowed:
        if link.state is State.ACTIVE:
            await end(connection, order, link, EndCause.DISPUTE, now)
        else:
            await decline(connection, order, link, now)
    elif link.state is State.HELD and not link.dispute:
        await pass_on(connection, order, link, now, waits)


async def _find(connection: AsyncConnection, platform: str, dispute_id: str) -> Dispute | None:
    of = disputes.c
    row = (
        await connection.execute(select(disputes).where(of.platform == platform, of.dispute == dispute_id))
    ).one_or_none()
    return None if row is None else _read(row)


def _read(row: Row[Any]) -> Dispute:
    return Dispute(
        platform=row.platform,
        dispute_id=row.dispute,
        link=row.link,
        child=row.child,
        cause=DisputeCause(row.cause),
        state=DisputeState(row.state),
        basis=row.basis,
        resolver=row.resolver or "",
        resolve_basis=row.resolve_basis or "",
        create_time=row.create_time,
        resolve_time=row.resolve_time,
    )
