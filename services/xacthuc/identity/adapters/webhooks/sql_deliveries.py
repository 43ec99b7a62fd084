"""What is on its way to webhooks: rows that say so, each with the job that carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.tables import cursors, jobs, outbox
from xacthuc.identity.adapters.webhooks.tables import webhook_deliveries, webhooks
from xacthuc.identity.domain.events import AccountEvent
from xacthuc.identity.domain.webhooks import DeliveryState, Outcome, WebhookState, wants
from xacthuc.identity.ports.webhooks import Delivery, Webhook
from xacthuc.jobs.job import Job
from xacthuc.sql.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

STREAM: Final = "webhooks"
"""Name of the cursor that says how far the outbox was given to webhooks."""
_SWEPT_AT_ONCE: Final = 2_000


def job_key(platform: str, webhook_id: str, event_id: str) -> str:
    """Returns what the job of a delivery is known by."""
    return f"{platform}/{webhook_id}/{event_id}"


async def give(
    connection: AsyncConnection,
    receivers: Sequence[Webhook],
    events: Iterable[AccountEvent],
    now: datetime,
    *,
    again: bool = False,
) -> int:
    """Puts events on their way to those of the webhooks that want them; returns how many deliveries that makes.

    `again` is for events that may be on their way already, and waiting after a failure: they are tried anew, at once.
    """
    wanted = [
        (webhook, event)
        for event in events
        for webhook in receivers
        if webhook.platform == event.platform and wants(webhook.kinds, event.kind)
    ]
    await _put(connection, wanted, now, again=again)
    return len(wanted)


async def give_one(connection: AsyncConnection, webhook: Webhook, event: AccountEvent, now: datetime) -> None:
    """Puts one event on its way, whatever kinds the webhook wants."""
    await _put(connection, [(webhook, event)], now, again=True)


async def _put(
    connection: AsyncConnection, wanted: Sequence[tuple[Webhook, AccountEvent]], now: datetime, *, again: bool
) -> None:
    """Writes deliveries and their jobs. What was delivered, or is dead, is on its way again."""
    if not wanted:
        return
    rows = [_row(webhook, event, now) for webhook, event in wanted]
    keys = [job_key(row["platform"], row["webhook"], row["event"]) for row in rows]
    statement = insert(webhook_deliveries)
    anew = {name: statement.excluded[name] for name in ("state", "attempts", "create_time")}
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["platform", "webhook", "event"], set_=anew), rows
    )
    if again:  # a job that failed would keep its wait, and its failures
        await _forget_jobs(connection, keys)
    # What is sent again is part of the call that asked for it, and no more of the one in which it happened.
    traces = [None if again else event.trace for _, event in wanted]
    asked = [Job(JobKind.WEBHOOK_DELIVERY, key, trace=trace) for key, trace in zip(keys, traces, strict=True)]
    await jobs.enqueue(connection, asked)


async def page(
    connection: AsyncConnection, platform: str, webhook_id: str, before: tuple[int, int] | None, limit: int
) -> list[Delivery]:
    """Returns deliveries, newest event first, with what their jobs say of them."""
    of, job = webhook_deliveries.c, jobs.jobs.c
    key = of.platform + "/" + of.webhook + "/" + of.event
    joined = webhook_deliveries.outerjoin(jobs.jobs, and_(job.kind == JobKind.WEBHOOK_DELIVERY, job.key == key))
    query = (
        select(webhook_deliveries, job.state.label("job_state"), job.due_time)
        .select_from(joined)
        .where(of.platform == platform, of.webhook == webhook_id)
        .order_by(of.position.desc(), of.number.desc())
        .limit(limit)
    )
    if before is not None:
        position, number = before
        query = query.where(or_(of.position < position, and_(of.position == position, of.number < number)))
    return [_delivery(row) for row in await connection.execute(query)]


async def dispatched(connection: AsyncConnection) -> int | None:
    """Returns up to which position events were given to webhooks; None before the first time."""
    position: bytes | None = await connection.scalar(select(cursors.c.position).where(cursors.c.stream == STREAM))
    return None if position is None else int.from_bytes(position, "big")


async def undispatched(connection: AsyncConnection) -> bool:
    """Whether anything happened that was not given to webhooks."""
    given = select(cursors.c.position).where(cursors.c.stream == STREAM).scalar_subquery()
    found = (await connection.execute(select(outbox.head.c.position, given))).one()
    return found[1] is None or int.from_bytes(found[1], "big") < found[0]


async def oldest_pending(connection: AsyncConnection) -> datetime | None:
    """Returns since when the delivery that waits longest does."""
    of = webhook_deliveries.c
    oldest: datetime | None = await connection.scalar(
        select(func.min(of.create_time)).where(of.state == DeliveryState.PENDING)
    )
    return oldest


async def active(connection: AsyncConnection) -> list[Webhook]:
    """Returns the webhooks of all platforms that are told of anything."""
    found = await connection.execute(select(webhooks).where(webhooks.c.state == WebhookState.ACTIVE))
    return [webhook_of(row) for row in found]


async def forget(connection: AsyncConnection, before: datetime) -> int:
    """Deletes some deliveries older than `before`, and what was still to be done about them; returns how many."""
    of = webhook_deliveries.c
    old = sweep(webhook_deliveries, of.create_time <= before, _SWEPT_AT_ONCE)
    gone = (await connection.execute(old.returning(of.platform, of.webhook, of.event))).all()
    await _forget_jobs(connection, [job_key(*row) for row in gone])
    return len(gone)


async def _forget_jobs(connection: AsyncConnection, keys: Sequence[str]) -> None:
    """Removes jobs of deliveries; one that runs goes on."""
    job = jobs.jobs.c
    await connection.execute(
        delete(jobs.jobs).where(job.kind == JobKind.WEBHOOK_DELIVERY, job.key.in_(keys), job.state != "RUNNING")
    )


def of_delivery(platform: str, webhook_id: str, event_id: str) -> tuple[ColumnElement[bool], ...]:
    """Returns what one delivery is found by."""
    of = webhook_deliveries.c
    return of.platform == platform, of.webhook == webhook_id, of.event == event_id


def webhook_of(row: Row[Any]) -> Webhook:
    """Reads a webhook."""
    return Webhook(
        platform=row.platform,
        webhook_id=row.webhook,
        address=row.address,
        kinds=frozenset(row.kinds),
        state=WebhookState(row.state),
        create_time=row.create_time,
        failing_since=row.failing_since,
    )


def event_of(row: Row[Any]) -> AccountEvent:
    """Reads the event of a delivery."""
    return AccountEvent(
        event_id=row.event,
        position=row.position,
        kind=row.kind,
        platform=row.platform,
        account_id=row.account,
        time=row.event_time,
        details=tuple(sorted(row.details.items())),
    )


def _row(webhook: Webhook, event: AccountEvent, now: datetime) -> dict[str, Any]:
    return {
        "platform": webhook.platform,
        "webhook": webhook.webhook_id,
        "event": event.event_id,
        "position": event.position,
        "number": event.number,
        "kind": event.kind,
        "account": event.account_id,
        "event_time": event.time,
        "details": dict(event.details),
        "state": DeliveryState.PENDING,
        "attempts": 0,
        "last_status": 0,
        "create_time": now,
    }


def _delivery(row: Row[Any]) -> Delivery:
    pending = row.state == DeliveryState.PENDING
    dead = pending and row.job_state == "HELD"
    return Delivery(
        event=event_of(row),
        state=DeliveryState.DEAD if dead else DeliveryState(row.state),
        attempts=row.attempts,
        last_outcome=None if row.last_outcome is None else Outcome(row.last_outcome),
        last_status=row.last_status,
        last_time=row.last_time,
        next_time=row.due_time if pending and not dead else None,
    )
