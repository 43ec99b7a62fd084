"""Accounts in PostgreSQL: registering and reading them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.identity.adapters import answers
from xacthuc.identity.adapters.account_cipher import AccountCipher
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.purge import purge_job
from xacthuc.identity.adapters.second_look import second_look
from xacthuc.identity.adapters.tables import accounts, consents, jobs, outbox, trail
from xacthuc.identity.domain.account import Account, AccountView, ConsentKind, Kind, view
from xacthuc.identity.domain.facts import Facts, Life
from xacthuc.sql.engine import transaction
from xacthuc.sql.outbox import Event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.account_database import AccountDatabase
    from xacthuc.identity.adapters.account_keys import AccountKeys
    from xacthuc.identity.adapters.account_rows import AccountRows, Found
    from xacthuc.identity.commands import Order
    from xacthuc.identity.ports.accounts import NewAccount


class SqlAccounts:
    """The port `Accounts`."""

    def __init__(self, database: AccountDatabase) -> None:
        """Takes where accounts lie."""
        self._engine = database.engine
        self._keys = database.keys
        self._personal = database.personal
        self._rows = database.rows
        self._requests = database.requests

    async def register(self, order: Order, new: NewAccount, now: datetime) -> AccountView | None:
        """Keeps account, consent, audit, event and answer in one commit."""
        answer = view(_unproven(new, now), now)
        key = await self._keys.make(order.platform, new.account_id, now)
        async with transaction(self._engine) as connection:
            inserted = False
            seen = await self._requests.find(connection, order)
            if seen is None:
                inserted = isinstance(key, AccountCipher) and await self._insert(connection, new, key, now)
                if not inserted:  # but by another registration, or by this one in a call beside us; or once erased
                    seen = await self._requests.find(connection, order)
            if not inserted:
                return None if seen is None or seen.answer is None else answers.account_view(seen.answer)
            await self._record(connection, order, new, now)
            await self._requests.record(connection, order, new.account_id, answer, now)
        return answer

    @second_look
    async def get(self, platform: str, account_id: str) -> Account | None:
        """Reads an account."""
        key = await self._keys.get(platform, account_id)
        async with transaction(self._engine) as connection:
            found = await self._rows.accounts(connection, platform, {account_id: key})
        return found[0] if found else None

    async def _insert(self, connection: AsyncConnection, new: NewAccount, cipher: AccountCipher, now: datetime) -> bool:
        person = new.person
        done = await connection.execute(
            insert(accounts)
            .values(
                platform=cipher.platform,
                account=new.account_id,
                person=cipher.seal_person(person, new.child_until),
                create_time=now,
                update_time=now,
                kind=Kind.PERSON,
                complete=person.complete,
                life=Life.OPEN,
                person_index=self._personal.person_index(cipher.platform, person.full_name, person.birth_date),
                purge_time=new.purge_time,
            )
            .on_conflict_do_nothing()
        )
        if done.rowcount == 1 and new.purge_time is not None:
            await jobs.enqueue(connection, [purge_job(cipher.platform, new.account_id, new.purge_time)])
        return done.rowcount == 1

    async def _record(self, connection: AsyncConnection, order: Order, new: NewAccount, now: datetime) -> None:
        awaits_guardian = new.child_until is not None
        await connection.execute(
            insert(consents).values(
                platform=order.platform,
                account=new.account_id,
                kind=ConsentKind.REGISTRATION,
                text_version=new.consent.text_version,
                accept_time=new.consent.accept_time,
                record_time=now,
            )
        )
        entry = Entry(
            tag=Tag.ACCOUNT_REGISTERED,
            time=now,
            platform=order.platform,
            subject=new.account_id,
            actor=order.actor,
            request_id=order.request_id,
            trace_id=order.trace_id,
            detail={"awaits_guardian": awaits_guardian, "consent": new.consent.text_version},
        )
        await trail.write(connection, [entry])
        event = Event(
            platform=order.platform,
            subject=new.account_id,
            kind=EventKind.ACCOUNT_REGISTERED,
            time=now,
            detail={"awaits_guardian": awaits_guardian},
        )
        await outbox.append(connection, [event])


class SqlFacts:
    """The port `FactsSource`: reads through a pool of its own, so that neither writes nor a flood of reads starve the other."""

    def __init__(self, engine: AsyncEngine, keys: AccountKeys, rows: AccountRows) -> None:
        """Takes that pool, the keys that open the one sealed date which decisions need, and what reads."""
        self._engine = engine
        self._keys = keys
        self._rows = rows

    @second_look
    async def read(self, platform: str, account_ids: Sequence[str]) -> Mapping[str, Facts]:
        """Reads the facts of accounts at once, and their keys beside them."""
        found, keys = await asyncio.gather(
            self._found(platform, account_ids), self._keys.get_many(platform, account_ids), return_exceptions=True
        )
        # Both have ended: one that was left behind by the other's failure would go on with a connection of its own.
        if isinstance(found, BaseException):
            raise found
        if isinstance(keys, BaseException):
            raise keys
        return {account_id: self._rows.told_facts(found, account_id, keys[account_id]) for account_id in account_ids}

    async def _found(self, platform: str, account_ids: Sequence[str]) -> Found:
        async with transaction(self._engine) as connection:
            return await self._rows.read(connection, platform, account_ids)


def _unproven(new: NewAccount, now: datetime) -> Account:
    return Account(
        account_id=new.account_id,
        facts=Facts(
            registered=True,
            child_until_ms=0 if new.child_until is None else round(new.child_until.timestamp() * 1000),
            complete=new.person.complete,
        ),
        evidence=(),
        purge_time=new.purge_time,
        create_time=now,
        update_time=now,
    )
