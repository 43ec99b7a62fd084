"""Accounts in PostgreSQL: registering and reading them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.identity.adapters import answers
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.tables import accounts, consents, outbox, trail
from xacthuc.identity.domain.account import Account, AccountView, ConsentKind, Kind, view
from xacthuc.identity.domain.facts import Facts, Life
from xacthuc.sql.engine import transaction
from xacthuc.sql.outbox import Event

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.account_rows import AccountRows
    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.commands import Order
    from xacthuc.identity.ports import NewAccount


class SqlAccounts:
    """The port `Accounts`."""

    def __init__(self, engine: AsyncEngine, personal: PersonalData, rows: AccountRows, requests: SqlRequests) -> None:
        """Takes the pool for writes, and what seals, reads and recognises."""
        self._engine = engine
        self._personal = personal
        self._rows = rows
        self._requests = requests

    async def register(self, order: Order, new: NewAccount, now: datetime) -> AccountView | None:
        """Keeps account, consent, audit, event and answer in one commit."""
        answer = view(_unproven(new, now), now)
        async with transaction(self._engine) as connection:
            inserted = False
            seen = await self._requests.find(connection, order)
            if seen is None:
                inserted = await self._insert(connection, order.platform, new, now)
                if not inserted:  # by another registration, or by this one in a call that ran beside us
                    seen = await self._requests.find(connection, order)
            if not inserted:
                return None if seen is None or seen.answer is None else self._kept(order, seen.answer)
            await self._record(connection, order, new, now)
            await self._requests.record(
                connection, order, now, self._personal.seal_answer(order, answers.spell(answer))
            )
        return answer

    async def get(self, platform: str, account_id: str) -> Account | None:
        """Reads an account."""
        async with transaction(self._engine) as connection:
            return await self._rows.account(connection, platform, account_id)

    def _kept(self, order: Order, sealed: bytes) -> AccountView:
        return answers.account_view(answers.read(self._personal.open_answer(order, sealed)))

    async def _insert(self, connection: AsyncConnection, platform: str, new: NewAccount, now: datetime) -> bool:
        done = await connection.execute(
            insert(accounts)
            .values(
                platform=platform,
                account=new.account_id,
                person=self._personal.seal_person(platform, new.account_id, new.person, new.child_until),
                create_time=now,
                update_time=now,
                kind=Kind.PERSON,
                complete=True,
                life=Life.OPEN,
                person_index=None,
            )
            .on_conflict_do_nothing()
        )
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

    def __init__(self, engine: AsyncEngine, rows: AccountRows) -> None:
        """Takes that pool, and what reads."""
        self._engine = engine
        self._rows = rows

    async def read(self, platform: str, account_id: str) -> Facts:
        """Reads an account's facts."""
        async with transaction(self._engine) as connection:
            return (await self._rows.facts(connection, platform, (account_id,)))[account_id]


def _unproven(new: NewAccount, now: datetime) -> Account:
    return Account(
        account_id=new.account_id,
        facts=Facts(
            registered=True, child_until_ms=0 if new.child_until is None else round(new.child_until.timestamp() * 1000)
        ),
        evidence=(),
        create_time=now,
        update_time=now,
    )
