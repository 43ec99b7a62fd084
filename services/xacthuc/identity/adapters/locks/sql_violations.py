"""Violations in PostgreSQL, with the locks they add up to in the same commit.

Each is recorded of an account and counts for the person: a lock binds all of a person's accounts (R47), so that whoever
spreads violations over several is locked by as many as whoever has one.
"""

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
            person = await change.person()
            proposed = await self._lock_if_due(change, person, removal)
            if proposed or removal.national_security:
                await self._proposals.propose(change, person, violation_id, removal)
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
                .where(*_of(change, {account_id}), of.id == violation_id, of.withdraw_time.is_(None))
                .values(withdraw_time=now, withdraw_basis=basis)
                .returning(of.lock_id)
            )
            row = withdrawn.one_or_none()
            if row is None:
                return Bar.NO_VIOLATION
            await change.note(Tag.VIOLATION_WITHDRAWN, {"violation": violation_id, "basis": basis})
            person = await change.person()
            if row.lock_id is not None:
                await self._lift_if_groundless(change, person, row.lock_id, basis)
            if not is_permanent_called_for(await _standing(change, person), self._rules):
                await self._proposals.retract(change, person, basis)
            return None

        return await self._changes.change(order, account_id, apply, now, beside=self._related)

    async def _lock_if_due(self, change: Change, person: Collection[str], removal: RemovalOrder) -> bool:
        """Locks for what has added up; returns whether a permanent lock is to be proposed with it."""
        standing = await _standing(change, person)
        locked = due(standing, self._rules)
        if locked is None:
            return False
        basis = f"{len(locked.spent)} violations in {locked.days} days, the last on record by {removal.order_number}"
        lock_id = await add_lock(change, basis, expire_time(change.now, self._rules))
        await _spend(change, person, locked.spent, lock_id)
        return is_permanent_proposed(standing, lock_id, self._rules)

    async def _lift_if_groundless(self, change: Change, person: Collection[str], lock_id: str, basis: str) -> None:
        """Lets what is left of a lock's violations carry it, with others that were counted for none; else lifts it."""
        left = still_due(await _standing(change, person), lock_id, self._rules)
        await change.connection.execute(
            update(violations).where(*_of(change, person), violations.c.lock_id == lock_id).values(lock_id=None)
        )
        if left is None:
            await lift(change, {lock_id}, basis)
        else:
            await _spend(change, person, left.spent, lock_id)


async def _standing(change: Change, person: Collection[str]) -> list[Violation]:
    of = violations.c
    rows = await change.connection.execute(
        select(of.id, of.violate_time, of.lock_id, of.national_security)
        .where(*_of(change, person), of.withdraw_time.is_(None))
        .order_by(of.id)
    )
    return [Violation(row.id, row.violate_time, row.lock_id, row.national_security) for row in rows]


async def _spend(change: Change, person: Collection[str], spent: Collection[int], lock_id: str) -> None:
    await change.connection.execute(
        update(violations).where(*_of(change, person), violations.c.id.in_(spent)).values(lock_id=lock_id)
    )


def _of(change: Change, accounts: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    of = violations.c
    return of.platform == change.order.platform, of.account.in_(accounts)
