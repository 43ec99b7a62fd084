"""What every write to a link or a child does beside its own: lock, history, version, and telling of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, insert, select, update

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.guardian.adapters.events import EventKind
from xacthuc.guardian.adapters.jobs import expire_job, look_job, push_job
from xacthuc.guardian.adapters.tables import children, jobs, link_changes, links, outbox, trail
from xacthuc.guardian.domain.links import State
from xacthuc.order import Order
from xacthuc.sql.outbox import Event

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.guardian.domain.links import EndCause, Link
    from xacthuc.sql.columns import Json


async def lock_child(connection: AsyncConnection, platform: str, child: str) -> None:
    """Locks a child, under which nothing about it changes otherwise; what is read afterwards stays true."""
    of = children.c
    await connection.execute(select(of.version).where(of.platform == platform, of.child == child).with_for_update())


async def pass_on(connection: AsyncConnection, order: Order, link: Link, now: datetime, waits: timedelta) -> State:
    """Lets a link of a child that is locked go on once nothing speaks against it; returns where it stands then.

    Whoever answers for the child already approves another guardian first, and has the time of `waits` for it.
    """
    of = links.c
    others = select(exists().where(of.platform == order.platform, of.child == link.child_id, of.state == State.ACTIVE))
    if await connection.scalar(others):
        until = now + waits
        await _move(connection, order, link.link, State.PENDING_APPROVAL, now, expire_time=until)
        await jobs.enqueue(connection, [expire_job(order.platform, link.link, until)])
        await _tell(connection, order, EventKind.LINK_AWAITS_APPROVAL, link, now)
        return State.PENDING_APPROVAL
    await activate(connection, order, link, now)
    return State.ACTIVE


async def activate(connection: AsyncConnection, order: Order, link: Link, now: datetime) -> None:
    """Lets a guardian answer for a child that is locked, has identity told, and the child looked at daily from now on."""
    await _move(connection, order, link.link, State.ACTIVE, now, start_time=now)
    await _tell(connection, order, EventKind.LINK_ACTIVE, link, now)
    await next_version(connection, order.platform, link.child_id, now)
    await jobs.enqueue(connection, [look_job(order.platform, link.child_id)])


async def hold(connection: AsyncConnection, order: Order, link: Link, now: datetime) -> None:
    """Leaves a link of a child that is locked to an officer; what speaks against it is put on record beside."""
    await _move(connection, order, link.link, State.HELD, now)
    await jobs.enqueue(connection, [look_job(order.platform, link.child_id)])
    await _tell(connection, order, EventKind.LINK_HELD, link, now)


async def expire(connection: AsyncConnection, order: Order, link: Link, now: datetime) -> None:
    """Ends a link that nobody answered in time, or can answer any more; its child is locked."""
    await _move(connection, order, link.link, State.EXPIRED, now, end_time=now)
    await trail.write(connection, [entry(order, Tag.LINK_EXPIRED, link.child_id, now, {"link": link.link})])
    await _tell(connection, order, EventKind.LINK_EXPIRED, link, now)


async def decline(connection: AsyncConnection, order: Order, link: Link, now: datetime) -> None:
    """Ends a link before anybody answered by it; its child is locked."""
    await _move(connection, order, link.link, State.DECLINED, now, end_time=now)
    await trail.write(connection, [entry(order, Tag.LINK_DECLINED, link.child_id, now, {"link": link.link})])
    await _tell(connection, order, EventKind.LINK_DECLINED, link, now)


async def end(connection: AsyncConnection, order: Order, link: Link, cause: EndCause, now: datetime) -> None:
    """Ends an active link of a child that is locked, and has identity told."""
    await _move(connection, order, link.link, State.ENDED, now, end_time=now, end_cause=cause)
    detail: Json = {"link": link.link, "cause": cause.value}
    await trail.write(connection, [entry(order, Tag.LINK_ENDED, link.child_id, now, detail)])
    await _tell(connection, order, EventKind.LINK_ENDED, link, now)
    await next_version(connection, order.platform, link.child_id, now)


async def wind_up(connection: AsyncConnection, order: Order, link: Link, cause: EndCause, now: datetime) -> None:
    """Has a link be over that is not, of a child that is locked, since one of those between whom it is answers no more."""
    if link.state is State.ACTIVE:
        await end(connection, order, link, cause, now)
    else:
        await expire(connection, order, link, now)


async def next_version(connection: AsyncConnection, platform: str, child: str, now: datetime) -> None:
    """Makes the next version of who answers for a child and what is allowed, and asks for it to be pushed to identity."""
    of = children.c
    await connection.execute(
        update(children)
        .where(of.platform == platform, of.child == child)
        .values(version=of.version + 1, update_time=now)
    )
    await jobs.enqueue(connection, [push_job(platform, child)])


async def note_change(connection: AsyncConnection, order: Order, link: str, state: State, now: datetime) -> None:
    """Adds to a link's history where it stands from now on."""
    of = link_changes.c
    earlier = select(func.count()).where(of.platform == order.platform, of.link == link)
    await connection.execute(
        insert(link_changes).values(
            platform=order.platform,
            link=link,
            number=earlier.scalar_subquery(),
            state=state,
            actor=order.actor,
            change_time=now,
        )
    )


async def _move(
    connection: AsyncConnection, order: Order, link: str, state: State, now: datetime, **others: datetime | EndCause
) -> None:
    of, moved = links.c, {"state": state, "update_time": now, **others}
    await connection.execute(update(links).where(of.platform == order.platform, of.link == link).values(moved))
    await note_change(connection, order, link, state, now)


async def _tell(connection: AsyncConnection, order: Order, kind: EventKind, link: Link, now: datetime) -> None:
    await outbox.append(connection, [event(order, kind, link.child_id, now, {"link": link.link})])


def by_itself(platform: str, method: str) -> Order:
    """Returns who asks for what nobody asked for: the service."""
    return Order(platform=platform, method=method, request_id="", payload="", actor="peer:guardian", trace_id="")


def entry(order: Order, tag: Tag, child: str, now: datetime, detail: Json) -> Entry:
    """Returns a line of the audit trail about a child."""
    return Entry(
        tag=tag,
        time=now,
        platform=order.platform,
        subject=child,
        actor=order.actor,
        request_id=order.request_id,
        trace_id=order.trace_id,
        detail=detail,
    )


def event(order: Order, kind: EventKind, child: str, now: datetime, detail: Json) -> Event:
    """Returns an event of a child."""
    return Event(platform=order.platform, subject=child, kind=kind, time=now, detail=detail)
