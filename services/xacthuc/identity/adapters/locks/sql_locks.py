"""Locks in PostgreSQL: put on an account and lifted from it, with every other account of the same person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Text, any_, bindparam, delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters.account_changes import AccountChanges
from xacthuc.identity.adapters.account_writes import entry, event, lock_accounts
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.locks.bindings import detail_of, holds
from xacthuc.identity.adapters.locks.tables import lock_identities
from xacthuc.identity.adapters.tables import locks, outbox, trail
from xacthuc.identity.domain.lifecycle import Bar, bar_to_changes, bar_to_unlocking
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from xacthuc.identity.adapters.account_changes import Change
    from xacthuc.identity.adapters.account_database import AccountDatabase
    from xacthuc.identity.commands import Order
    from xacthuc.identity.ports.numbers import Settled
    from xacthuc.sql.columns import Json


class SqlLocks:
    """The port `Locks`."""

    def __init__(self, database: AccountDatabase) -> None:
        """Takes where accounts lie."""
        self._changes = AccountChanges(database)
        self._related = database.bindings.related

    async def lock(
        self,
        order: Order,
        account_id: str,
        basis: str,
        expire_time: datetime | None,
        now: datetime,
        *,
        approval: str | None = None,
    ) -> Settled | Bar | None:
        """Adds a lock; several may hold at once, and the longest counts."""

        async def apply(change: Change) -> Bar | None:
            if bar := bar_to_changes(change.account.facts):
                return bar
            await add_lock(change, basis, expire_time, approval)
            return None

        return await self._changes.change(order, account_id, apply, now, beside=self._related)

    async def unlock(
        self, order: Order, account_id: str, basis: str, now: datetime, *, grant_time: datetime | None = None
    ) -> Settled | Bar | None:
        """Lifts what one person may lift; with `grant_time`, whatever bound the account by then."""

        async def apply(change: Change) -> Bar | None:
            if bar := bar_to_unlocking(change.account.facts, int(now.timestamp() * 1000)):
                return bar
            of = locks.c
            mine = of.approval.is_(None) if grant_time is None else of.create_time <= grant_time
            rows = await change.connection.scalars(
                select(of.lock_id).where(of.platform == order.platform, of.account == account_id, holds(now), mine)
            )
            bound = rows.all()
            if not bound:
                return Bar.NOT_LOCKED if grant_time else Bar.TWO_PEOPLE
            await lift(change, {each for each in bound if each}, basis, alone=None in bound)
            return None

        return await self._changes.change(order, account_id, apply, now, beside=self._related)


async def add_lock(change: Change, basis: str, expire_time: datetime | None, approval: str | None = None) -> str:
    """Locks the account, and every other one of the same person; returns the lock's id."""
    order, account_id, lock_id = change.order, change.account.account_id, new_request_id()
    await change.connection.execute(
        insert(locks).values(
            platform=order.platform,
            account=account_id,
            basis=basis,
            create_time=change.now,
            expire_time=expire_time,
            lock_id=lock_id,
            approval=approval,
        )
    )
    await change.tell(Tag.ACCOUNT_LOCKED, EventKind.ACCOUNT_LOCKED, detail_of(basis, expire_time))
    await change.bind()
    return lock_id


async def lift(change: Change, lock_ids: Collection[str], basis: str, *, alone: bool = False) -> None:
    """Lifts these locks wherever they bind, and with `alone` those without an id, and forgets whom they bound.

    The rows are locked first: an account that is bound at this moment is then found as well.
    """
    connection, platform, account_id = change.connection, change.order.platform, change.account.account_id
    of, ids = locks.c, bindparam("ids", list(lock_ids), type_=ARRAY(Text))
    named = of.lock_id == any_(ids)
    of_account = (of.account == account_id) & of.lock_id.is_(None)
    wanted = (of.platform == platform, of.lift_time.is_(None), or_(named, of_account) if alone else named)
    rows = select(of.account).where(*wanted).order_by(of.account, of.id).with_for_update()
    others = set(await connection.scalars(rows)) - {account_id}
    await lock_accounts(connection, platform, others - change.beside, wait=False)
    lifted = await connection.scalars(
        update(locks).where(*wanted).values(lift_time=change.now, lift_basis=basis).returning(of.account)
    )
    concerned = set(lifted)
    forgotten = lock_identities.c.lock_id == any_(ids)
    await connection.execute(delete(lock_identities).where(lock_identities.c.platform == platform, forgotten))
    still = select(of.account).where(
        of.platform == platform,
        of.account.in_(concerned),
        of.lift_time.is_(None),
        or_(of.expire_time.is_(None), of.expire_time > change.now),
    )
    freed = sorted(concerned - set(await connection.scalars(still)))
    details: dict[str, Json] = {
        each: {"basis": basis} if each == account_id else {"basis": basis, "bound_to": account_id} for each in freed
    }
    order, now, tag, kind = change.order, change.now, Tag.ACCOUNT_UNLOCKED, EventKind.ACCOUNT_UNLOCKED
    await trail.write(connection, [entry(order, tag, each, now, details[each]) for each in freed])
    await outbox.append(connection, [event(order, kind, each, now, details[each]) for each in freed])
    change.reached.update(concerned - {account_id})
