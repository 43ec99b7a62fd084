"""Corrections, locks and the end of accounts in PostgreSQL, each in one commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters import answers, sql_claims
from xacthuc.identity.adapters.account_keys import AccountKeyMissingError, NoKey
from xacthuc.identity.adapters.account_rows import SEALED_AWAY, LapseReason
from xacthuc.identity.adapters.account_writes import entry, event, lock_accounts, touch, wards_of
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.purge import CURRENT, destruction_job, hold_of, purge_job
from xacthuc.identity.adapters.second_look import second_look
from xacthuc.identity.adapters.tables import (
    accounts,
    evidence,
    jobs,
    locks,
    outbox,
    personal_id_checks,
    requests,
    trail,
)
from xacthuc.identity.domain.account import view
from xacthuc.identity.domain.facts import EvidenceKind, Life
from xacthuc.identity.domain.lifecycle import OF_PERSONAL_ID, Bar, bar_to_changes, bar_to_unlocking
from xacthuc.identity.ports.numbers import Settled
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.account_cipher import AccountCipher
    from xacthuc.identity.adapters.account_database import AccountDatabase
    from xacthuc.identity.adapters.account_keys import AccountKey
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.account import Account
    from xacthuc.identity.domain.facts import Facts
    from xacthuc.identity.domain.lifecycle import Correction
    from xacthuc.identity.domain.registration import Person
    from xacthuc.sql.columns import Json


class SqlLifecycle:
    """The port `Lifecycle`."""

    def __init__(self, database: AccountDatabase) -> None:
        """Takes where accounts lie."""
        self._engine = database.engine
        self._keys = database.keys
        self._personal = database.personal
        self._rows = database.rows
        self._requests = database.requests

    async def correct(
        self, order: Order, account_id: str, decide: Callable[[Facts, Person], Correction], now: datetime
    ) -> Settled | Bar | None:
        """Replaces the person; what was confirmed of another one lapses."""

        async def apply(change: _Change) -> Bar | None:
            if bar := bar_to_changes(change.account.facts):
                return bar  # before anything is opened: of an erased account the key may still be there, to no use
            known = change.cipher.person(await _person(change.connection, order.platform, account_id))
            decided = decide(change.account.facts, known)
            person, waits_until = decided.person, change.account.purge_time or decided.purge_time
            await change.alter(
                person=change.cipher.seal_person(person, decided.child_until),
                person_index=self._personal.person_index(order.platform, person.full_name, person.birth_date),
                complete=person.complete,
                purge_time=waits_until if decided.purge_time else None,
            )
            if decided.purge_time and waits_until:
                await jobs.enqueue(change.connection, [purge_job(order.platform, account_id, waits_until)])
            lapsed = await change.lapse(LapseReason.CORRECTED, decided.lapses) if decided.lapses else set()
            if lapsed & OF_PERSONAL_ID:
                await change.forget(personal_id_checks)
            await change.tell(
                Tag.ACCOUNT_CORRECTED,
                EventKind.ACCOUNT_CORRECTED,
                {
                    "name": person.full_name != known.full_name,
                    "birth_date": person.birth_date != known.birth_date,
                    "lapsed": " ".join(sorted(lapsed)),
                },
            )
            return None

        return await self._change(order, account_id, apply, now)

    async def lock(
        self, order: Order, account_id: str, basis: str, expire_time: datetime | None, now: datetime
    ) -> Settled | Bar | None:
        """Adds a row; several locks may hold at once, and the longest counts."""

        async def apply(change: _Change) -> Bar | None:
            if bar := bar_to_changes(change.account.facts):
                return bar
            await change.connection.execute(
                insert(locks).values(
                    platform=order.platform, account=account_id, basis=basis, create_time=now, expire_time=expire_time
                )
            )
            expires = None if expire_time is None else expire_time.isoformat()
            await change.tell(Tag.ACCOUNT_LOCKED, EventKind.ACCOUNT_LOCKED, {"basis": basis, "expire_time": expires})
            return None

        return await self._change(order, account_id, apply, now)

    async def unlock(self, order: Order, account_id: str, basis: str, now: datetime) -> Settled | Bar | None:
        """Closes the rows that still hold."""

        async def apply(change: _Change) -> Bar | None:
            if bar := bar_to_unlocking(change.account.facts, int(now.timestamp() * 1000)):
                return bar
            await change.connection.execute(
                update(locks)
                .where(locks.c.platform == order.platform, locks.c.account == account_id, locks.c.lift_time.is_(None))
                .values(lift_time=now, lift_basis=basis)
            )
            await change.tell(Tag.ACCOUNT_UNLOCKED, EventKind.ACCOUNT_UNLOCKED, {"basis": basis})
            return None

        return await self._change(order, account_id, apply, now)

    async def close(
        self, order: Order, account_id: str, purge_time: Callable[[Account], datetime], now: datetime
    ) -> Settled | Bar | None:
        """Keeps the rows, frees what others may need, and asks for the purge."""

        async def apply(change: _Change) -> Bar | None:
            if bar := bar_to_changes(change.account.facts):
                return bar
            purged = purge_time(change.account)
            await change.alter(life=Life.CLOSED, close_time=now, purge_time=purged)
            await change.forget(*CURRENT)
            await jobs.enqueue(change.connection, [purge_job(order.platform, account_id, purged)])
            await change.tell(Tag.ACCOUNT_CLOSED, EventKind.ACCOUNT_CLOSED, {"purge_time": purged.isoformat()})
            return None

        return await self._change(order, account_id, apply, now)

    @second_look
    async def erase(
        self, order: Order, account_id: str, purge_time: Callable[[Account], datetime], now: datetime
    ) -> Settled | Bar | None:
        """Moves what the law orders kept under a key of its own, and has the account's destroyed once that is committed.

        The job that destroys it is part of the commit: whatever is interrupted afterwards, it will be.
        """
        kept: AccountKey = NoKey.NEVER_MADE
        if await self._keys.get(order.platform, account_id) is not NoKey.NEVER_MADE:  # which nobody registered has
            kept = await self._keys.make(order.platform, hold_of(account_id), now)

        async def apply(change: _Change) -> Bar | None:
            if kept is NoKey.NEVER_MADE:
                raise AccountKeyMissingError
            if isinstance(kept, NoKey):
                return Bar.ERASED
            cipher, connection = change.cipher, change.connection
            person = await _person(connection, order.platform, account_id)
            purged = purge_time(change.account)
            await change.alter(
                person=kept.seal("person", cipher.open("person", person)),
                person_index=None,
                life=Life.ERASURE_SCHEDULED,
                close_time=func.coalesce(accounts.c.close_time, now),
                purge_time=purged,
            )
            await _reseal_numbers(connection, cipher, kept)
            await change.forget(*CURRENT, requests)  # what was answered before tells of evidence; this answer does not
            await jobs.enqueue(
                connection,
                [destruction_job(order.platform, account_id), purge_job(order.platform, account_id, purged)],
            )
            await change.tell(Tag.ERASURE_SCHEDULED, EventKind.ERASURE_SCHEDULED, {"purge_time": purged.isoformat()})
            return None

        return await self._change(order, account_id, apply, now)

    @second_look
    async def _change(
        self, order: Order, account_id: str, apply: Callable[[_Change], Awaitable[Bar | None]], now: datetime
    ) -> Settled | Bar | None:
        """Locks the account, applies the change unless the request was seen, and keeps the answer."""
        key = await self._keys.get(order.platform, account_id)
        async with transaction(self._engine) as connection:
            await lock_accounts(connection, order.platform, (account_id,))
            wards = await wards_of(connection, order.platform, (account_id,))
            seen = await self._requests.find(connection, order)
            if seen is not None and seen.answer is not None:  # perhaps nobody was told, by a process that was killed
                return Settled(answers.account_view(seen.answer), (account_id, *wards))
            account = await self._rows.account(connection, order.platform, account_id, key)
            if account is None:
                return None
            if isinstance(key, NoKey) or account.facts.life in SEALED_AWAY:
                return Bar.ERASED
            bar = await apply(_Change(connection, order, key, account, now))
            if bar is not None:
                return bar
            await touch(connection, order.platform, (account_id,), now)
            changed = await self._rows.account(connection, order.platform, account_id, key)
            answer = view(changed or account, now)
            await self._requests.record(connection, order, account_id, answer, now)
        return Settled(answer, (account_id, *wards))


@dataclass(frozen=True, slots=True)
class _Change:
    """One account under lock, and what a change does to it."""

    connection: AsyncConnection
    order: Order
    cipher: AccountCipher
    account: Account
    now: datetime

    async def alter(self, **values: object) -> None:
        """Puts values into columns of the account."""
        await self.connection.execute(update(accounts).where(*self._of(accounts)).values(**values))

    async def lapse(self, reason: LapseReason, kinds: Collection[EvidenceKind]) -> set[EvidenceKind]:
        """Ends what stands of these kinds; returns those of which something did."""
        account_ids = (self.account.account_id,)
        ended = await sql_claims.lapse(
            self.connection, self.order.platform, account_ids, kinds, reason=reason, now=self.now
        )
        return {EvidenceKind(row.kind) for row in ended}

    async def forget(self, *tables: Table) -> None:
        """Removes the account's rows from tables of what is current only."""
        for table in tables:
            await self.connection.execute(delete(table).where(*self._of(table)))

    async def tell(self, tag: Tag, kind: EventKind, detail: Json) -> None:
        """Writes the audit trail and the event; both say the same."""
        account_id = self.account.account_id
        await trail.write(self.connection, [entry(self.order, tag, account_id, self.now, detail)])
        await outbox.append(self.connection, [event(self.order, kind, account_id, self.now, detail)])

    def _of(self, table: Table) -> tuple[ColumnElement[bool], ...]:
        return table.c.platform == self.order.platform, table.c.account == self.account.account_id


async def _person(connection: AsyncConnection, platform: str, account_id: str) -> bytes:
    person: bytes | None = await connection.scalar(
        select(accounts.c.person).where(accounts.c.platform == platform, accounts.c.account == account_id)
    )
    if person is None:
        raise LookupError("an account vanished under its lock")
    return person


async def _reseal_numbers(connection: AsyncConnection, cipher: AccountCipher, kept: AccountCipher) -> None:
    of_account = (evidence.c.platform == cipher.platform, evidence.c.account == cipher.account_id)
    rows = await connection.execute(select(evidence.c.id, evidence.c.number).where(*of_account))
    for row in rows.all():
        number = None if row.number is None else kept.seal("number", cipher.open("number", row.number))
        await connection.execute(
            update(evidence).where(*of_account, evidence.c.id == row.id).values(number=number, number_index=None)
        )
