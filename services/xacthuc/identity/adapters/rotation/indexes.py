"""Blind indexes, computed anew from the sealed values they stand for.

Three steps: rows are read, their values are opened with the accounts' keys and no transaction open, and what is still as
it was read is written. The last step waits for nobody: it tries the locks of each value, under the index of every
version as calls take them, and skips what a call holds, so that it can stand in no circle of waiting.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, Integer, and_, bindparam, delete, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from xacthuc.identity.adapters.account_keys import NoKey
from xacthuc.sealing import UnsealError, lock_ids
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Column, FromClause, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.account_cipher import AccountCipher
    from xacthuc.identity.adapters.account_keys import AccountKeys
    from xacthuc.identity.adapters.rotation.paging import Key, OldRows

_TRY_LOCKS: Final = text(
    """
    SELECT place FROM unnest(:places, :locks) AS wanted (place, lock)
    GROUP BY place HAVING bool_and(pg_try_advisory_xact_lock(lock))
    """
).bindparams(bindparam("places", type_=ARRAY(Integer)), bindparam("locks", type_=ARRAY(BigInteger)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the values of an index are."""

    tables: FromClause
    """The table itself, or joined with the one that holds the values; then several rows may be offered for one."""
    values: tuple[Column[Any], ...]
    indexes: Callable[[AccountCipher, Row[Any]], Sequence[bytes]]
    """Returns the index of a row's value under every version; nothing when there is no value."""


@dataclass(frozen=True, slots=True)
class _Renewal:
    key: Key
    old: bytes
    every: Sequence[bytes]

    def current(self, version: int) -> bytes | None:
        return next((index for index in self.every if index[0] == version), None)


class Indexes:
    """Renews one column of indexes, which may be part of its table's key."""

    def __init__(self, rows: OldRows, source: Source, keys: AccountKeys) -> None:
        """Takes the old rows, where their values are, and what opens them."""
        self._rows = rows
        self._source = source
        self._keys = keys
        self._is_row = and_(*(column == bindparam(f"of_{column.name}") for column in rows.key))

    async def renew(self, after: Key | None, last: Key) -> int:
        """Computes a stretch anew; returns how many rows were written."""
        wanted = await self._computed(await self._read(after, last))
        if not wanted:
            return 0
        async with transaction(self._rows.engine) as connection:
            free = await self._lock(connection, wanted)
            await self._write(connection, free)
        return len(free)

    async def _read(self, after: Key | None, last: Key) -> Sequence[Row[Any]]:
        table = self._rows.table
        found = (
            select(
                *self._rows.key,
                *(column for column in self._source.values if column not in self._rows.key),
                table.c.platform.label("of_platform"),
                table.c.account.label("of_account"),
                self._rows.column.label("old"),
            )
            .select_from(self._source.tables)
            .where(self._rows.between(after, last), self._rows.is_old)
            .order_by(table.c.platform)
        )
        async with transaction(self._rows.engine) as connection:
            return (await connection.execute(found)).all()

    async def _computed(self, rows: Sequence[Row[Any]]) -> list[_Renewal]:
        renewals: dict[Key, _Renewal] = {}
        for platform, of_platform in groupby(rows, key=attrgetter("of_platform")):
            some = list(of_platform)
            keys = await self._keys.get_many(platform, {row.of_account for row in some})
            for row in some:
                key, opened = tuple(row[: len(self._rows.key)]), keys[row.of_account]
                if opened is NoKey.DESTROYED:  # an erased account is to be found by nothing
                    renewals[key] = _Renewal(key, row.old, ())
                elif not isinstance(opened, NoKey):
                    with suppress(UnsealError):  # damaged: it stays, and is counted
                        every = self._source.indexes(opened, row)
                        if self._source.tables is self._rows.table or row.old in every:
                            renewals[key] = _Renewal(key, row.old, every)
        return list(renewals.values())

    async def _lock(self, connection: AsyncConnection, wanted: Sequence[_Renewal]) -> list[_Renewal]:
        """Returns those that nobody is at work with and that are as they were read; they stay so until the commit."""
        pairs = [
            (place, lock) for place, renewal in enumerate(wanted) for lock in lock_ids((renewal.old, *renewal.every))
        ]
        places, locks = zip(*pairs, strict=True)
        got = (await connection.scalars(_TRY_LOCKS, {"places": list(places), "locks": list(locks)})).all()
        by_key = {wanted[place].key: wanted[place] for place in got}
        if not by_key:
            return []
        unlocked = await connection.execute(
            select(*self._rows.key, self._rows.column.label("old"))
            .where(tuple_(*self._rows.key).in_(list(by_key)))
            .with_for_update(skip_locked=True)
        )
        found = {tuple(row[:-1]): row.old for row in unlocked}
        return [renewal for key, renewal in by_key.items() if found.get(key) == renewal.old]

    async def _write(self, connection: AsyncConnection, free: Sequence[_Renewal]) -> None:
        table, column = self._rows.table, self._rows.column
        names = [f"of_{name.name}" for name in self._rows.key]
        values: list[dict[str, Any]] = [
            {**dict(zip(names, renewal.key, strict=True)), "renewed": renewal.current(self._rows.ring.current)}
            for renewal in free
        ]
        if not values:
            return
        if column not in self._rows.key:
            await connection.execute(
                update(table).where(self._is_row).values({column.name: bindparam("renewed")}), values
            )
            return
        # The row moves to another key, where a call may have put one of its own already; that one is newer.
        kept = [value for value in values if value["renewed"] is not None]
        if kept:
            renewed = bindparam("renewed", type_=column.type)
            moved = select(*(renewed if of is column else of for of in table.c)).where(self._is_row)
            await connection.execute(
                insert(table).from_select([of.name for of in table.c], moved).on_conflict_do_nothing(), kept
            )
        rows = [{name: value[name] for name in names} for value in values]
        await connection.execute(delete(table).where(self._is_row), rows)
