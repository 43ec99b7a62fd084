"""Holders as the guardian service knows them, in PostgreSQL, and the records of guardians who have no account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters import candidates, guardian_records
from xacthuc.identity.adapters.account_keys import AccountKeyMissingError, NoKey
from xacthuc.identity.adapters.account_queries import life_of
from xacthuc.identity.adapters.account_writes import entry, event
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.purge import purge_job
from xacthuc.identity.adapters.second_look import second_look
from xacthuc.identity.adapters.tables import (
    accounts,
    consents,
    evidence,
    jobs,
    number_claims,
    outbox,
    requests,
    trail,
)
from xacthuc.identity.domain.account import ConsentKind, Kind
from xacthuc.identity.domain.facts import EvidenceKind, Life
from xacthuc.identity.domain.holders import Coincidence, Match
from xacthuc.identity.ports.holders import Known
from xacthuc.ids import encode, random_bytes
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.account_cipher import AccountCipher
    from xacthuc.identity.adapters.account_database import AccountDatabase
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.registration import Person
    from xacthuc.identity.ports.holders import NewRecord
    from xacthuc.sql.columns import Json

_PREFIX: Final = "guardian."
"""So that who meets such an id among events knows that it is no account of the platform's."""

_ID_BYTES: Final = 16

_EVER: Final = select(evidence.c.kind, evidence.c.number_index, evidence.c.device_index).where(
    evidence.c.platform == bindparam("platform"), evidence.c.account == bindparam("account")
)
"""What an account ever stood on."""


class SqlHolders:
    """The port `Holders`."""

    def __init__(self, database: AccountDatabase) -> None:
        """Takes where accounts lie."""
        self._engine = database.engine
        self._keys = database.keys
        self._personal = database.personal
        self._rows = database.rows
        self._requests = database.requests

    async def open_record(self, order: Order, new: NewRecord, now: datetime) -> str:
        """Finds the record or keeps one, with the request that it belongs to."""
        async with transaction(self._engine) as connection:
            known = await self._recorded(connection, order) or await self._like(connection, order, new, now)
        if known is not None:
            return known
        account_id = f"{_PREFIX}{encode(random_bytes(_ID_BYTES))}"
        cipher = await self._keys.make(order.platform, account_id, now)
        if isinstance(cipher, NoKey):
            raise AccountKeyMissingError
        async with transaction(self._engine) as connection:
            # The request first: of two calls at once with one id, one waits here and finds what the other kept.
            if await self._requests.record(connection, order, account_id, None, now):
                await self._keep(connection, order, cipher, new, now)
                return account_id
            known = await self._recorded(connection, order)
        if known is None:
            raise LookupError("a request vanished while it was carried out")
        return known

    async def is_person(self, platform: str, account_id: str, person: Person) -> bool:
        """Compares keyed hashes: nothing is opened."""
        of = accounts.c
        async with transaction(self._engine) as connection:
            index = await connection.scalar(
                select(of.person_index).where(of.platform == platform, of.account == account_id)
            )
        return index in self._personal.person_indexes(platform, person.full_name, person.birth_date)

    @second_look
    async def find(self, platform: str, account_id: str) -> Known | None:
        """Reads the rows, and opens the birth date."""
        key = await self._keys.get(platform, account_id)
        async with transaction(self._engine) as connection:
            found = await self._rows.read(connection, platform, (account_id,))
        if account_id not in found.rows:
            return None
        facts = self._rows.facts(found, account_id, key)
        return Known(facts, candidates.birth_date(found, account_id, key))

    async def remind(self, order: Order, account_id: str, due_time: datetime, now: datetime) -> str | None:
        """Tells it in the commit that keeps the request; of an account that is not open nothing is told."""
        told = event(order, EventKind.VERIFICATION_DUE, account_id, now, {"due_time": due_time.isoformat()})
        async with transaction(self._engine) as connection:
            life = await life_of(connection, order.platform, account_id)
            if life == Life.OPEN and await self._requests.record(connection, order, account_id, None, now):
                await outbox.append(connection, [told])
        return life

    @second_look
    async def match(self, platform: str, child_id: str, guardian_id: str, child_devices: Collection[str]) -> Match:
        """Reads both, and what was ever proven of both."""
        keys = await self._keys.get_many(platform, (child_id, guardian_id))
        async with transaction(self._engine) as connection:
            child, judged = await candidates.read(
                self._rows, connection, child_id, (guardian_id,), keys, platform=platform
            )
            common = await _common(connection, platform, child_id, guardian_id, child_devices)
        return Match(child, judged[guardian_id], common)

    async def _recorded(self, connection: AsyncConnection, order: Order) -> str | None:
        """Returns whose record this request led to before."""
        if await self._requests.find(connection, order) is None:
            return None
        of = requests.c
        account_id: str | None = await connection.scalar(
            select(of.account).where(
                of.platform == order.platform, of.method == order.method, of.request_id == order.request_id
            )
        )
        return account_id

    async def _like(self, connection: AsyncConnection, order: Order, new: NewRecord, now: datetime) -> str | None:
        """Returns the record of the same person with the same number, and keeps the request with it."""
        person, of = new.person, accounts.c
        on_number = number_claims.c.number_index.in_(self._personal.number_indexes(order.platform, new.number))
        people = self._personal.person_indexes(order.platform, person.full_name, person.birth_date)
        found: str | None = await connection.scalar(
            select(of.account)
            .join(number_claims, (number_claims.c.platform == of.platform) & (number_claims.c.account == of.account))
            .where(
                number_claims.c.platform == order.platform,
                on_number,
                of.kind == Kind.GUARDIAN,
                of.life == Life.OPEN,
                of.person_index.in_(people),
            )
            .order_by(of.account)
            .limit(1)
        )
        if found is not None:
            await guardian_records.put_off(connection, order.platform, found, new.purge_time)
            await self._requests.record(connection, order, found, None, now)
        return found

    async def _keep(
        self, connection: AsyncConnection, order: Order, cipher: AccountCipher, new: NewRecord, now: datetime
    ) -> None:
        platform, account_id, person = order.platform, cipher.account_id, new.person
        await connection.execute(
            insert(accounts).values(
                platform=platform,
                account=account_id,
                person=cipher.seal_person(person, None),
                create_time=now,
                update_time=now,
                kind=Kind.GUARDIAN,
                complete=person.complete,
                life=Life.OPEN,
                person_index=self._personal.person_index(platform, person.full_name, person.birth_date),
                purge_time=new.purge_time,
            )
        )
        await connection.execute(
            insert(consents).values(
                platform=platform,
                account=account_id,
                kind=ConsentKind.REGISTRATION,
                text_version=new.consent.text_version,
                accept_time=new.consent.accept_time,
                record_time=now,
            )
        )
        await jobs.enqueue(connection, [purge_job(platform, account_id, new.purge_time)])
        detail: Json = {"consent": new.consent.text_version}
        await trail.write(connection, [entry(order, Tag.GUARDIAN_REGISTERED, account_id, now, detail)])


async def _common(
    connection: AsyncConnection, platform: str, child_id: str, guardian_id: str, child_devices: Collection[str]
) -> frozenset[Coincidence]:
    """Returns what both ever proved, also where it stands no longer: a number of the child's own, or its device."""
    theirs = (await connection.execute(_EVER, {"platform": platform, "account": guardian_id})).all()
    childs = (await connection.execute(_EVER, {"platform": platform, "account": child_id})).all()
    indexes = {row.number_index for row in childs} - {None}
    devices = {*map(str.encode, child_devices), *(row.device_index for row in childs)} - {None}
    common = {
        Coincidence.NUMBER if row.kind == EvidenceKind.PHONE else Coincidence.PERSONAL_ID
        for row in theirs
        if row.number_index in indexes
    }
    if any(row.device_index in devices for row in theirs):
        common.add(Coincidence.DEVICE)
    return frozenset(common)
