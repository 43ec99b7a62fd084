"""What every write to an account does beside its own: lock, touch, and tell the audit trail and the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from xacthuc.audit.trail import Entry
from xacthuc.identity.adapters.tables import accounts, guardians
from xacthuc.sql.outbox import Event

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.audit.tags import Tag
    from xacthuc.identity.adapters.events import EventKind
    from xacthuc.identity.commands import Order
    from xacthuc.sql.columns import Json


async def lock_accounts(
    connection: AsyncConnection, platform: str, account_ids: Collection[str], *, wait: bool = True
) -> None:
    """Locks accounts in key order, so that two writers never wait for each other; what is read afterwards stays true.

    Whoever has locked some already, and finds others, must not wait for them: then DatabaseBusy is raised.
    """
    await connection.execute(
        select(accounts.c.account)
        .where(accounts.c.platform == platform, accounts.c.account.in_(account_ids))
        .order_by(accounts.c.account)
        .with_for_update(nowait=not wait)
    )


async def touch(connection: AsyncConnection, platform: str, account_ids: Collection[str], now: datetime) -> None:
    """Says that something about the accounts changed."""
    await connection.execute(
        update(accounts)
        .where(accounts.c.platform == platform, accounts.c.account.in_(account_ids))
        .values(update_time=now)
    )


async def wards_of(connection: AsyncConnection, platform: str, account_ids: Collection[str]) -> list[str]:
    """Returns the children whom `account_ids` answer for: what is decided about them depends on what these have proven.

    Every write that changes what stands of an account, or closes it, names them among those it changed.
    """
    of = guardians.c
    found = await connection.scalars(
        select(of.child).where(of.platform == platform, of.account.in_(account_ids)).distinct().order_by(of.child)
    )
    return list(found)


def entry(order: Order, tag: Tag, account_id: str, now: datetime, detail: Json) -> Entry:
    """Returns a line of the audit trail about an account."""
    return Entry(
        tag=tag,
        time=now,
        platform=order.platform,
        subject=account_id,
        actor=order.actor,
        request_id=order.request_id,
        trace_id=order.trace_id,
        detail=detail,
    )


def event(order: Order, kind: EventKind, account_id: str, now: datetime, detail: Json | None = None) -> Event:
    """Returns an event of an account."""
    return Event(platform=order.platform, subject=account_id, kind=kind, time=now, detail=detail or {})
