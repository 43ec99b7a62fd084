"""Violations in PostgreSQL, with the locks they add up to in the same commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters.account_changes import AccountChanges
from xacthuc.identity.adapters.locks.permanent import PermanentLocks
from xacthuc.identity.adapters.locks.sql_locks import add_lock, lift
from xacthuc.identity.adapters.locks.tables import violations
from xacthuc.identity.domain.lifecycle import Bar, bar_to_changes
from xacthuc.identity.domain.violations import (
    Violation,
    due,
    expire_time,
    is_permanent_called_for,
    is_permanent_proposed,
    still_due,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from xacthuc.identity.adapters.account_changes import Change
    from xacthuc.identity.adapters.account_database import AccountDatabase
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.violations import RemovalOrder
    from xacthuc.identity.ports.numbers import Settled
    from xacthuc.policy.sections import Locks
    from xacthuc.sql.columns import Json


class SqlViolations:
    """The port `Violations`."""

    def __init__(self, database: AccountDatabase, rules: Locks) -> None:
        """Takes where accounts lie, and when violations add up."""
        self._changes = AccountChanges(database)
        self._related = database.bindings.related
        self._rules = rules
        self._proposals = PermanentLocks(rules)

    async def record(
        self, order: Order, account_id: str, removal: RemovalOrder, violate_time: datetime, now: datetime
    ) -> Settled | Bar | None:
        """Keeps the violation, and locks when it is one too many."""

        async def apply(change: Change) -> Bar | None:
            if bar := bar_to_changes(change.account.facts):
                return bar
            made = await change.connection.execute(
                insert(violations)
                .values(
                    platform=order.platform,
                    account=account_id,
                    authority=removal.authority,
                    order_number=removal.order_number,
                    national_security=removal.national_security,
                    violate_time=violate_time,
                    record_time=now,
                )
                .returning(violations.c.id)
            )
            violation_id = made.scalar_one()
            told: Json = {
                "violation": violation_id,
                "authority": removal.authority,
                "order_number": removal.order_number,
                "national_security": removal.national_security,
                "violate_time": violate_time.isoformat(),
            }
            await change.note(Tag.VIOLATION_RECORDED, told)
            proposed = await self._lock_if_due(change, removal)
            if proposed or removal.national_security:
                await self._proposals.propose(change, violation_id, removal)
            return None

        return await self._changes.change(order, account_id, apply, now, beside=self._related)

    async def withdraw(
        self, order: Order, account_id: str, violation_id: int, basis: str, now: datetime
    ) -> Settled | Bar | None:
        """Marks the violation; the row stays on record."""

        async def apply(change: Change) -> Bar | None:
            if bar := bar_to_changes(change.account.facts):
                return bar
            of = violations.c
            withdrawn = await change.connection.execute(
                update(violations)
                .where(*_of(change), of.id == violation_id, of.withdraw_time.is_(None))
                .values(withdraw_time=now, withdraw_basis=basis)
                .returning(of.lock_id)
            )
            row = withdrawn.one_or_none()
            if row is None:
                return Bar.NO_VIOLATION
            await change.note(Tag.VIOLATION_WITHDRAWN, {"violation": violation_id, "basis": basis})
            if row.lock_id is not None:
                await self._lift_if_groundless(change, row.lock_id, basis)
            if not is_permanent_called_for(await _standing(change), self._rules):
                await self._proposals.retract(change, basis)
            return None

        return await self._changes.change(order, account_id, apply, now, beside=self._related)

    async def _lock_if_due(self, change: Change, removal: RemovalOrder) -> bool:
        """Locks for what has added up; returns whether a permanent lock is to be proposed with it."""
        standing = await _standing(change)
        locked = due(standing, self._rules)
        if locked is None:
            return False
        basis = f"{len(locked.spent)} violations in {locked.days} days, the last on record by {removal.order_number}"
        lock_id = await add_lock(change, basis, expire_time(change.now, self._rules))
        await _spend(change, locked.spent, lock_id)
        return is_permanent_proposed(standing, lock_id, self._rules)

    async def _lift_if_groundless(self, change: Change, lock_id: str, basis: str) -> None:
        """Lets what is left of a lock's violations carry it, with others that were counted for none; else lifts it."""
        left = still_due(await _standing(change), lock_id, self._rules)
        await change.connection.execute(
            update(violations).where(*_of(change), violations.c.lock_id == lock_id).values(lock_id=None)
        )
        if left is None:
            await lift(change, {lock_id}, basis)
        else:
            await _spend(change, left.spent, lock_id)


async def _standing(change: Change) -> list[Violation]:
    of = violations.c
    rows = await change.connection.execute(
        select(of.id, of.violate_time, of.lock_id, of.national_security)
        .where(*_of(change), of.withdraw_time.is_(None))
        .order_by(of.id)
    )
    return [Violation(row.id, row.violate_time, row.lock_id, row.national_security) for row in rows]


async def _spend(change: Change, spent: Collection[int], lock_id: str) -> None:
    await change.connection.execute(
        update(violations).where(*_of(change), violations.c.id.in_(spent)).values(lock_id=lock_id)
    )


def _of(change: Change) -> tuple[ColumnElement[bool], ...]:
    of = violations.c
    return of.platform == change.order.platform, of.account == change.account.account_id
