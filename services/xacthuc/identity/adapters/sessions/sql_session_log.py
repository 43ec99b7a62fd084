"""The session log in PostgreSQL: batches are sealed and copied, and what is read is audited in the same commit."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Select, Table, select, tuple_

from xacthuc.audit.tags import Tag
from xacthuc.grpckit.errors import RequestIdReused
from xacthuc.identity.adapters.account_cipher import AccountCipher
from xacthuc.identity.adapters.account_writes import entry as audited
from xacthuc.identity.adapters.sessions.origins import instant, microseconds, opened_origin, place_of
from xacthuc.identity.adapters.sessions.tables import held_sessions, session_log
from xacthuc.identity.adapters.tables import trail
from xacthuc.identity.domain.registration import Fault
from xacthuc.identity.domain.sessions import Entry, EntryKind, Month, Rejected, without
from xacthuc.identity.ports.sessions import Recorded, SessionPage
from xacthuc.policy.dates import day_number, local_date
from xacthuc.sql import copying
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.identity.adapters.sessions.held import HeldSessions
    from xacthuc.identity.adapters.sessions.keys import SessionKeys
    from xacthuc.identity.adapters.sessions.months import SessionMonths
    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.commands import Order, ReadSessions
    from xacthuc.identity.domain.sessions import Sifted
    from xacthuc.sql.columns import Json

_ROWS_A_TURN: Final = 256
"""Rows sealed before other calls of the process have their turns: about a millisecond."""
_FIRST_DAY: Final = date(1970, 1, 1)


class SqlSessionLog:
    """The port `SessionLog`."""

    def __init__(
        self,
        engine: AsyncEngine,
        keys: SessionKeys,
        held: HeldSessions,
        months: SessionMonths,
        requests: SqlRequests,
    ) -> None:
        """Takes the pool for batches, the keys, what holds keep, what makes partitions, and what recognises repetitions."""
        self._held = held
        self._engine = engine
        self._keys = keys
        self._months = months
        self._requests = requests

    async def record(self, order: Order, batch: Sifted, now: datetime) -> Recorded:
        """Keeps answer and rows. The answer is known before, so that a repetition is found before anything is copied."""
        numbers = [day_number(one.occur_us // 1000) for one in batch.kept]
        ciphers = await self._ciphers(order.platform, set(numbers), now)
        if gone := set(numbers) - ciphers.keys():
            batch = without(batch, gone)
            numbers = [number for number in numbers if number not in gone]
        recorded = Recorded(len(batch.kept), batch.rejected)
        columns = await _columns(order.platform, batch.kept, [ciphers[number] for number in numbers])
        async with transaction(self._engine) as connection:
            if not await self._requests.record(connection, order, None, asdict(recorded), now):
                seen = await self._requests.find(connection, order)
                if seen is None or seen.answer is None:
                    raise RequestIdReused
                return _answer(seen.answer)
            if columns:
                await copying.copy_in(connection, session_log, columns)
        return recorded

    async def read(self, command: ReadSessions, limit: int, now: datetime) -> SessionPage:
        """Reads, audits, and opens what still has a key."""
        order = command.order
        detail: Json = {
            "basis": command.basis,
            "start_time": command.start_time.isoformat(),
            "end_time": command.end_time.isoformat(),
        }
        async with transaction(self._engine) as connection:
            logged = (await connection.execute(_wanted(session_log, command, limit + 1))).all()
            held = (await connection.execute(_wanted(held_sessions, command, limit + 1))).all()
            await trail.write(connection, [audited(order, Tag.SESSIONS_READ, command.account_id, now, detail)])
        # What was copied aside and is not dropped yet is in both.
        aside, found = {_place(row): row for row in held}, {_place(row): row for row in logged}
        places = sorted(aside | found)[: limit + 1]
        kept = await self._held.ciphers(order.platform, command.account_id) if aside else ()
        days = await self._keys.opening(order.platform, {local_date(row.time) for row in logged})
        return SessionPage(
            [
                _entry(found[place], [days.get(local_date(found[place].time))])
                if place in found
                else _entry(aside[place], kept)
                for place in places[:limit]
            ],
            "" if len(places) <= limit else "{}-{}".format(*places[limit - 1]),
        )

    async def _ciphers(self, platform: str, numbers: Collection[int], now: datetime) -> Mapping[int, AccountCipher]:
        """Returns the ciphers of those days that can be sealed for, and sees to it that their rows have a partition."""
        days = {_FIRST_DAY + timedelta(days=number): number for number in numbers}
        ciphers = await self._keys.sealing(platform, days, now)
        await self._months.ensure({Month.of(day) for day in ciphers})
        return {days[day]: cipher for day, cipher in ciphers.items()}


async def _columns(
    platform: str, entries: Sequence[Entry], ciphers: Sequence[AccountCipher]
) -> Mapping[str, list[bytes]] | None:
    """Returns the rows as they are copied, every origin sealed under the key of its day."""
    if not entries:
        return None
    origins: list[bytes | None] = []
    for start in range(0, len(entries), _ROWS_A_TURN):
        if start:
            await asyncio.sleep(0)
        turn = slice(start, start + _ROWS_A_TURN)
        origins += _sealed(entries[turn], ciphers[turn])
    return {
        "platform": copying.few(copying.word, [platform] * len(entries)),
        "account": copying.words([one.account_id for one in entries]),
        "time": copying.instants([one.occur_us for one in entries]),
        "kind": copying.few(copying.word, [one.kind for one in entries]),
        "origin": copying.blobs(origins),
        "content_id": copying.few(copying.word, [one.content_id or None for one in entries]),
    }


def _sealed(entries: Sequence[Entry], ciphers: Sequence[AccountCipher]) -> list[bytes | None]:
    told = [(one, cipher) for one, cipher in zip(entries, ciphers, strict=True) if one.origin]
    places = [place_of(one.account_id, one.occur_us, one.kind) for one, _ in told]
    sealed = iter(AccountCipher.seal_at([cipher for _, cipher in told], places, [one.origin for one, _ in told]))
    return [next(sealed) if one.origin else None for one in entries]


def _wanted(table: Table, command: ReadSessions, limit: int) -> Select[Any]:
    of = table.c
    wanted = [
        of.platform == command.order.platform,
        of.account == command.account_id,
        of.time >= command.start_time,
        of.time < command.end_time,
    ]
    if command.after:
        us, row_id = map(int, command.after.split("-"))
        wanted += [of.time >= instant(us), tuple_(of.time, of.id) > (instant(us), row_id)]
    return select(table).where(*wanted).order_by(of.time, of.id).limit(limit)


def _place(row: Row[Any]) -> tuple[int, int]:
    return microseconds(row.time), row.id


def _entry(row: Row[Any], ciphers: Sequence[AccountCipher | None]) -> Entry:
    return Entry(
        account_id=row.account,
        kind=EntryKind(row.kind),
        occur_us=microseconds(row.time),
        origin=opened_origin(row.account, row, ciphers),
        content_id=row.content_id or "",
    )


def _answer(kept: Mapping[str, Any]) -> Recorded:
    return Recorded(
        kept["count"],
        [Rejected(one["index"], tuple(Fault(**fault) for fault in one["faults"])) for one in kept["rejected"]],
    )
