"""The frame of a change to one account: locks, the request that asks for it, and its answer, in one commit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import delete, update

from xacthuc.identity.adapters import answers, sql_claims
from xacthuc.identity.adapters.account_keys import NoKey
from xacthuc.identity.adapters.account_rows import SEALED_AWAY
from xacthuc.identity.adapters.account_writes import entry, event, lock_accounts, touch, wards_of
from xacthuc.identity.adapters.second_look import second_look
from xacthuc.identity.adapters.tables import accounts, outbox, trail
from xacthuc.identity.domain.account import view
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.lifecycle import Bar
from xacthuc.identity.ports.numbers import Settled
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from datetime import datetime
    from typing import TypeAlias

    from sqlalchemy import ColumnElement, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.audit.tags import Tag
    from xacthuc.identity.adapters.account_cipher import AccountCipher
    from xacthuc.identity.adapters.account_database import AccountDatabase
    from xacthuc.identity.adapters.account_keys import AccountKey
    from xacthuc.identity.adapters.account_rows import LapseReason
    from xacthuc.identity.adapters.events import EventKind
    from xacthuc.identity.adapters.locks.bindings import Bindings
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.account import Account
    from xacthuc.sql.columns import Json

    Beside: TypeAlias = Callable[[AsyncConnection, str, str, AccountKey], Awaitable[Collection[str]]]
    """Returns the other accounts that a change of an account may concern: connection, platform, account, its key."""


@dataclass(frozen=True, slots=True)
class Change:
    """One account under lock, and what a change does to it."""

    connection: AsyncConnection
    order: Order
    cipher: AccountCipher
    account: Account
    now: datetime
    bindings: Bindings
    beside: frozenset[str]
    """Other accounts that are locked with it."""
    reached: set[str] = field(default_factory=set)
    """Other accounts about which something else is true now."""

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

    async def bind(self) -> None:
        """Lets locks bind whoever is the same person now."""
        held = {self.account.account_id, *self.beside}
        self.reached.update(await self.bindings.follow(self.connection, self.order, self.cipher, self.now, held=held))

    async def person(self) -> frozenset[str]:
        """Returns every account of whose this one is, all of them locked."""
        return await self.bindings.same(self.connection, self.cipher, held={self.account.account_id, *self.beside})

    async def note(self, tag: Tag, detail: Json) -> None:
        """Writes the audit trail, of what is nobody else's business."""
        await trail.write(self.connection, [entry(self.order, tag, self.account.account_id, self.now, detail)])

    async def tell(self, tag: Tag, kind: EventKind, detail: Json) -> None:
        """Writes the audit trail and the event; both say the same."""
        account_id = self.account.account_id
        await self.note(tag, detail)
        await outbox.append(self.connection, [event(self.order, kind, account_id, self.now, detail)])

    def _of(self, table: Table) -> tuple[ColumnElement[bool], ...]:
        return table.c.platform == self.order.platform, table.c.account == self.account.account_id


class AccountChanges:
    """Changes accounts, one at a time and once per request."""

    def __init__(self, database: AccountDatabase) -> None:
        """Takes where accounts lie."""
        self._engine = database.engine
        self._keys = database.keys
        self._rows = database.rows
        self._requests = database.requests
        self._bindings = database.bindings

    @second_look
    async def change(
        self,
        order: Order,
        account_id: str,
        apply: Callable[[Change], Awaitable[Bar | None]],
        now: datetime,
        *,
        beside: Beside | None = None,
    ) -> Settled | Bar | None:
        """Locks the account, and those beside it, applies the change unless the request was seen, and keeps the answer."""
        platform, key = order.platform, await self._keys.get(order.platform, account_id)
        async with transaction(self._engine) as connection:
            others = frozenset(await beside(connection, platform, account_id, key) if beside else ())
            await lock_accounts(connection, platform, {account_id, *others})
            wards = await wards_of(connection, platform, {account_id, *others})
            seen = await self._requests.find(connection, order)
            if seen is not None and seen.answer is not None:  # perhaps nobody was told, by a process that was killed
                return Settled(answers.account_view(seen.answer), (account_id, *others, *wards))
            account = await self._rows.account(connection, platform, account_id, key)
            if account is None:
                return None
            if isinstance(key, NoKey) or account.facts.life in SEALED_AWAY:
                return Bar.ERASED
            change = Change(connection, order, key, account, now, self._bindings, others)
            bar = await apply(change)
            if bar is not None:
                return bar
            await touch(connection, platform, {account_id, *change.reached}, now)
            if change.reached - others:
                wards = await wards_of(connection, platform, {account_id, *others, *change.reached})
            changed = await self._rows.account(connection, platform, account_id, key)
            answer = view(changed or account, now)
            await self._requests.record(connection, order, account_id, answer, now)
        return Settled(answer, (account_id, *sorted(others | change.reached), *wards))
