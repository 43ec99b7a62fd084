"""Lets a lock bind a person: every account that the identity of a locked one is proven of, now and later (R47).

A lock has a row on each account that it binds, so that whoever reads one account needs no other, and remembers what was
proven of them while it held (`lock_identities`). Whoever comes to stand on a number or a personal ID holds the rows of
all accounts that do, and so does whoever locks one of them: of two at once, the second sees what the first did. Accounts
that turn up beyond those are locked without waiting; where somebody else is at work there, the call is tried again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Text, any_, bindparam, insert, or_, select, text, union, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import LargeBinary

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters.account_cipher import AccountCipher
from xacthuc.identity.adapters.account_writes import entry, event, lock_accounts, touch
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.locks.tables import lock_identities
from xacthuc.identity.adapters.tables import accounts, evidence, locks, outbox, trail
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.locks import Identity, IdentityKind, Reach, spread

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.account_keys import AccountKey
    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.locks import Spellings
    from xacthuc.sql.columns import Json

_ANY: Final = (
    select(lock_identities.c.lock_id)
    .where(lock_identities.c.platform == bindparam("of"))
    # The first of an index: of a platform without locks, the table would be read to its end in search of one.
    .order_by(lock_identities.c.value_index)
    .limit(1)
)

_STANDS: Final = """
    SELECT 'NUMBER' AS kind, held.account, held.number_index AS value, holder.person_index AS person
    FROM unnest(:wanted) AS wanted (wanted)
    CROSS JOIN LATERAL (
        SELECT account, number_index FROM identity.number_claims
        WHERE platform = :platform AND {number} = wanted.wanted OFFSET 0
    ) AS held
    CROSS JOIN LATERAL (
        SELECT person_index FROM identity.accounts WHERE platform = :platform AND account = held.account OFFSET 0
    ) AS holder
    UNION ALL
    SELECT 'PERSONAL_ID', held.account, held.personal_id_index, NULL
    FROM unnest(:wanted) AS wanted (wanted)
    CROSS JOIN LATERAL (
        SELECT account, personal_id_index FROM identity.personal_id_claims
        WHERE platform = :platform AND {personal_id} = wanted.wanted OFFSET 0
    ) AS held
"""
"""Asked one by one (OFFSET 0 keeps it so), as `import_statements.HOLDERS` is."""
_OF_ACCOUNTS: Final = text(_STANDS.format(number="account", personal_id="account")).bindparams(
    bindparam("wanted", type_=ARRAY(Text))
)
_ON_VALUES: Final = text(_STANDS.format(number="number_index", personal_id="personal_id_index")).bindparams(
    bindparam("wanted", type_=ARRAY(LargeBinary))
)


@dataclass(frozen=True, slots=True)
class _Person:
    """Accounts that are one person's, by what is proven of them."""

    held: Mapping[str, Mapping[Identity, Spellings]]
    """By account: each identity as its row spells it, and under every key."""
    beside: frozenset[str]
    """Who else stands on one of these numbers: somebody else, unless a correction makes them the same."""

    @property
    def accounts(self) -> set[str]:
        """Everybody that a change of one of them may concern."""
        return {*self.held, *self.beside}

    @property
    def values(self) -> list[bytes]:
        """Every index under which something of it may be found."""
        found = {each.value for of in self.held.values() for spellings in of.values() for each in spellings}
        return sorted(found)


class Bindings:
    """Works within the transaction of the write it belongs to, once the account is locked."""

    def __init__(self, personal: PersonalData, *, by_number: bool) -> None:
        """Takes what indexes, and whether number, name and birth date make a person (`locks.by_number_and_person`)."""
        self._personal = personal
        self._by_number = by_number

    async def related(
        self, connection: AsyncConnection, platform: str, account_id: str, key: AccountKey
    ) -> Collection[str]:
        """Returns the other accounts to lock beside one that is locked, unlocked or corrected."""
        person = await self._person(connection, platform, account_id, key)
        return {*person.accounts, *await _bound_with(connection, platform, account_id)} - {account_id}

    async def same(
        self, connection: AsyncConnection, cipher: AccountCipher, *, held: Collection[str]
    ) -> frozenset[str]:
        """Returns every account of the same person, this one too, and those that a lock ever bound with it; all locked.

        `held` are those that are locked already, as `related` names them: who only stands on the same number is not here.
        """
        platform, account_id = cipher.platform, cipher.account_id
        person = await self._held(connection, cipher, held)
        found = frozenset({account_id, *person.held, *await _bound_with(connection, platform, account_id)})
        if others := found - person.accounts - set(held):
            await lock_accounts(connection, platform, others, wait=False)
        return found

    async def follow(
        self,
        connection: AsyncConnection,
        order: Order,
        cipher: AccountCipher,
        now: datetime,
        *,
        held: Collection[str],
        values: Collection[bytes] = (),
    ) -> set[str]:
        """Lets every lock bind whom it binds now that it was added, or that something else is proven of the account.

        `held` are the accounts that are locked already. With `values`, the indexes of what was just proven, nothing more is
        looked for unless a lock binds them, or the account. Returns the accounts that a lock reached just now.
        """
        platform, account_id = cipher.platform, cipher.account_id
        if values and not await _is_concerned(connection, platform, account_id, values, now):
            return set()
        person = await self._held(connection, cipher, held)
        return await _spread(connection, order, person, now)

    async def bound(self, connection: AsyncConnection, platform: str, values: Collection[bytes]) -> set[bytes]:
        """Returns those of the indexes that some lock binds, whether or not it still holds."""
        if await connection.scalar(_ANY, {"of": platform}) is None:  # as on a platform that is just being imported
            return set()
        of = lock_identities.c
        found = await connection.scalars(select(of.value_index).where(of.platform == platform, _is_one(values)))
        return set(map(bytes, found))

    async def _held(self, connection: AsyncConnection, cipher: AccountCipher, held: Collection[str]) -> _Person:
        """Finds the person, and locks the accounts that turn up beyond those held until none does."""
        platform, account_id = cipher.platform, cipher.account_id
        person, locked = await self._person(connection, platform, account_id, cipher), {account_id, *held}
        while found := person.accounts - locked:
            await lock_accounts(connection, platform, found, wait=False)
            locked |= found
            person = await self._person(connection, platform, account_id, cipher)
        return person

    async def _person(self, connection: AsyncConnection, platform: str, account_id: str, key: AccountKey) -> _Person:
        """Goes from the account to who stands on the same, and on from those who are the same person."""
        spelled = await self._spelled(connection, key) if self._personal.is_rotating else {}
        held: dict[str, Mapping[Identity, Spellings]] = {}
        beside: set[str] = set()
        frontier = {account_id}
        while frontier:
            proven = await connection.execute(_OF_ACCOUNTS, {"platform": platform, "wanted": sorted(frontier)})
            held |= {account: {} for account in frontier}
            for row in proven:
                if identity := self._identity(row):
                    held[row.account] = {**held[row.account], identity: _spellings(identity, spelled)}
            known = frozenset().union(*(each for account in frontier for each in held[account].values()))
            values = sorted({each.value for each in known})
            frontier = set()
            if values:
                for row in await connection.execute(_ON_VALUES, {"platform": platform, "wanted": values}):
                    (frontier if self._identity(row) in known else beside).add(row.account)
            frontier -= held.keys()
        return _Person(held, frozenset(beside - held.keys()))

    def _identity(self, row: Row[Any]) -> Identity | None:
        if row.kind == IdentityKind.PERSONAL_ID:
            return Identity(IdentityKind.PERSONAL_ID, bytes(row.value))
        if not self._by_number or row.person is None:
            return None
        return Identity(IdentityKind.NUMBER, bytes(row.value), bytes(row.person))

    async def _spelled(self, connection: AsyncConnection, key: AccountKey) -> dict[bytes, tuple[bytes, ...]]:
        """Returns all indexes of what an index of the account stands for, by each of them, while keys are rotated."""
        if not isinstance(key, AccountCipher):
            return {}
        platform, personal, of, who = key.platform, self._personal, evidence.c, accounts.c
        proven = await connection.execute(
            select(of.kind, of.number).where(
                of.platform == platform, of.account == key.account_id, of.lapse_time.is_(None), of.number.is_not(None)
            )
        )
        every = [
            (personal.number_indexes if row.kind == EvidenceKind.PHONE else personal.personal_id_indexes)(
                platform, key.number(row.number)
            )
            for row in proven
        ]
        sealed = await connection.scalar(
            select(who.person).where(who.platform == platform, who.account == key.account_id)
        )
        if sealed is not None:
            person = key.person(sealed)
            every.append(personal.person_indexes(platform, person.full_name, person.birth_date))
        return {index: of_one for of_one in every for index in of_one}


def _spellings(identity: Identity, spelled: Mapping[bytes, tuple[bytes, ...]]) -> Spellings:
    values, people = (spelled.get(each, (each,)) for each in (identity.value, identity.person))
    return frozenset(Identity(identity.kind, value, person) for value in values for person in people)


def _is_one(values: Collection[bytes]) -> ColumnElement[bool]:
    return lock_identities.c.value_index == any_(bindparam("values", list(values), type_=ARRAY(LargeBinary)))


def holds(now: datetime) -> ColumnElement[bool]:
    """Whether a row of `locks` still binds its account."""
    return locks.c.lift_time.is_(None) & or_(locks.c.expire_time.is_(None), locks.c.expire_time > now)


async def _bound_with(connection: AsyncConnection, platform: str, account_id: str) -> set[str]:
    """Returns whom a lock binds with the account, or ever did."""
    of = locks.c
    shared = select(of.lock_id).where(of.platform == platform, of.account == account_id, of.lock_id.is_not(None))
    return set(await connection.scalars(select(of.account).where(of.platform == platform, of.lock_id.in_(shared))))


async def _is_concerned(
    connection: AsyncConnection, platform: str, account_id: str, values: Collection[bytes], now: datetime
) -> bool:
    of_values = select(lock_identities.c.lock_id).where(lock_identities.c.platform == platform, _is_one(values))
    of_account = select(locks.c.lock_id).where(
        locks.c.platform == platform, locks.c.account == account_id, locks.c.lock_id.is_not(None), holds(now)
    )
    return await connection.scalar(union_all(of_values, of_account).limit(1)) is not None


async def _spread(connection: AsyncConnection, order: Order, person: _Person, now: datetime) -> set[str]:
    rows = await _holding(connection, order.platform, person, now)
    kept = await _kept(connection, order.platform, {row.lock_id for row in rows})
    made: list[dict[str, Any]] = []
    remembered: list[dict[str, Any]] = []
    for lock_id, of_lock in groupby(rows, key=attrgetter("lock_id")):
        bound = {row.account: row for row in of_lock}
        known = {account: identities for (lock, account), identities in kept.items() if lock == lock_id}
        reach = Reach(frozenset(bound), frozenset().union(*known.values()))
        after = spread({account: frozenset(of.values()) for account, of in person.held.items()}, reach)
        first = next((row for row in bound.values() if row.bound_to is None), next(iter(bound.values())))
        for account in sorted(after.accounts & person.held.keys()):
            key = {"platform": order.platform, "account": account, "lock_id": lock_id}
            if account not in bound:
                cause = {"basis": first.basis, "bound_to": first.bound_to or first.account, "approval": first.approval}
                made.append({**key, **cause, "create_time": now, "expire_time": first.expire_time})
            remembered += [
                {**key, **_columns(identity), "expire_time": first.expire_time}
                for identity, spellings in person.held[account].items()
                if spellings.isdisjoint(known.get(account, ()))
            ]
    if remembered:
        await connection.execute(insert(lock_identities), remembered)
    if made:
        await connection.execute(insert(locks), made)
        await _tell(connection, order, made, now)
    return {row["account"] for row in made}


async def _holding(connection: AsyncConnection, platform: str, person: _Person, now: datetime) -> Sequence[Row[Any]]:
    """Returns the rows of every lock that holds and binds one of the accounts, or something proven of them.

    They stay so until the commit: whoever lifts a lock waits, and then finds the rows that were added to it.
    """
    of_accounts = select(locks.c.lock_id).where(
        locks.c.platform == platform,
        locks.c.account == any_(bindparam("accounts", list(person.held), type_=ARRAY(Text))),
        locks.c.lock_id.is_not(None),
        holds(now),
    )
    of_values = select(lock_identities.c.lock_id).where(lock_identities.c.platform == platform, _is_one(person.values))
    ids = (await connection.scalars(union(of_accounts, of_values))).all()
    found = await connection.execute(
        select(locks)
        .where(
            locks.c.platform == platform,
            locks.c.lock_id == any_(bindparam("ids", list(ids), type_=ARRAY(Text))),
            holds(now),
        )
        .order_by(locks.c.lock_id, locks.c.account, locks.c.id)
        .with_for_update(read=True)
    )
    return found.all()


async def _kept(
    connection: AsyncConnection, platform: str, lock_ids: Collection[str]
) -> dict[tuple[str, str], set[Identity]]:
    """Returns the identities that locks bind, by lock and account."""
    of = lock_identities.c
    rows = await connection.execute(
        select(of.lock_id, of.account, of.kind, of.value_index, of.person_index).where(
            of.platform == platform,
            of.lock_id == any_(bindparam("ids", list(lock_ids), type_=ARRAY(Text))),
            of.value_index.is_not(None),
        )
    )
    kept: defaultdict[tuple[str, str], set[Identity]] = defaultdict(set)
    for row in rows:
        identity = Identity(IdentityKind(row.kind), bytes(row.value_index), bytes(row.person_index or b""))
        kept[row.lock_id, row.account].add(identity)
    return kept


def _columns(identity: Identity) -> dict[str, Any]:
    return {"kind": identity.kind, "value_index": identity.value, "person_index": identity.person or None}


async def _tell(connection: AsyncConnection, order: Order, made: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Writes the audit trail and the events of accounts that a lock reached; both say the same."""
    details: list[tuple[str, Json]] = [
        (row["account"], {"bound_to": row["bound_to"], **detail_of(row["basis"], row["expire_time"])}) for row in made
    ]
    await touch(connection, order.platform, {account for account, _ in details}, now)
    await trail.write(
        connection, [entry(order, Tag.ACCOUNT_LOCKED, account, now, detail) for account, detail in details]
    )
    await outbox.append(
        connection, [event(order, EventKind.ACCOUNT_LOCKED, account, now, detail) for account, detail in details]
    )


def detail_of(basis: str, expire_time: datetime | None) -> Json:
    """Returns what the trail and events say of a lock."""
    return {"basis": basis, "expire_time": None if expire_time is None else expire_time.isoformat()}
