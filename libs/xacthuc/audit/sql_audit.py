"""Reads the audit trail from PostgreSQL, page by page: whoever exports it waits for the disk and holds no lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, all_, any_, bindparam, exists, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from xacthuc.audit.reading import Part
from xacthuc.audit.trail import line_of, seal_of
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.audit.chain import Line, Seal
    from xacthuc.audit.reading import Wanted
    from xacthuc.audit.trail import Entry, Trail

_SEALS_AT_ONCE: Final = 20
_MOST_STRAYS: Final = 10_000
"""Ids that a part names: as many prove the point."""
_SNAPSHOT: Final = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
"""Seals, entries and queue as they stood together: between two looks an entry moves from one to the other."""
_IDS: Final = bindparam("ids", type_=ARRAY(BigInteger))


class SqlAudit:
    """The port `AuditTrail`."""

    def __init__(self, engine: AsyncEngine, trail: Trail) -> None:
        """Takes a pool, and whose trail it is."""
        self._engine = engine
        self._trail = trail
        self._entry, self._queued, self._seal = trail.entries.c, trail.unsealed.c, trail.seals.c
        self._pruned = select(trail.pruned).order_by(trail.pruned.c.number.desc()).limit(1)

    async def page(self, wanted: Wanted, before: int | None, limit: int) -> list[Line]:
        """Walks the ids from the newest down."""
        conditions: list[ColumnElement[bool]] = [
            column == value
            for column, value in (
                (self._entry.platform, wanted.platform),
                (self._entry.subject, wanted.subject),
                (self._entry.tag, wanted.tag),
            )
            if value
        ]
        if wanted.since is not None:
            conditions.append(self._entry.time >= wanted.since)
        if wanted.until is not None:
            conditions.append(self._entry.time < wanted.until)
        if before is not None:
            conditions.append(self._entry.id < before)
        found = select(self._trail.entries).where(*conditions).order_by(self._entry.id.desc()).limit(limit)
        async with transaction(self._engine) as connection:
            return [line_of(row) for row in await connection.execute(found)]

    async def export(self, *, after_seal: int, after_entry: int | None) -> AsyncGenerator[Part]:
        """Looks at some seals at a time, so that no connection is held while the reader reads."""
        if after_seal == 0:
            async with transaction(self._engine) as connection:
                pruned = (await connection.execute(self._pruned)).one_or_none()
            if pruned is not None:
                after_seal = pruned.number
                yield Part(pruned=pruned.statement)
        while True:
            async with transaction(self._engine) as connection:
                await connection.execute(_SNAPSHOT)
                pruned = (await connection.execute(self._pruned)).one_or_none()
                outdated = pruned is not None and pruned.number > after_seal
                parts = [] if outdated else await self._parts(connection, after_seal, after_entry)
            if outdated:
                yield Part(outdated=True)
                return
            for part in parts:
                yield part
                if part.seal is None:
                    return
                after_seal = part.seal.number
                after_entry = max(after_entry or part.seal.ids[0], *part.seal.ids)

    async def note(self, *entries: Entry) -> None:
        """Writes them in a transaction of their own: reading changes nothing else."""
        async with transaction(self._engine) as connection:
            await self._trail.write(connection, entries)

    async def _parts(self, connection: AsyncConnection, after_seal: int, after_entry: int | None) -> list[Part]:
        found = (
            select(self._trail.seals)
            .where(self._seal.number > after_seal)
            .order_by(self._seal.number)
            .limit(_SEALS_AT_ONCE)
        )
        seals = [seal_of(row) for row in await connection.execute(found)]
        if not seals:
            return [await self._end(connection, after_entry)]
        sealed = [each for seal in seals for each in seal.ids]
        rows = await connection.execute(
            select(self._trail.entries).where(self._entry.id == any_(_IDS)), {"ids": sealed}
        )
        lines = {row.id: line_of(row) for row in rows}
        met = await self._met(connection, sealed, after_entry)
        return [Part(seal=seal, lines=_of(seal, lines), met=() if at else met) for at, seal in enumerate(seals)]

    async def _met(self, connection: AsyncConnection, sealed: Sequence[int], after: int | None) -> list[int]:
        """Returns ids up to the highest of these seals which are in none of them: sealed later, waiting, or nobody's."""
        behind = [] if after is None else [self._entry.id > after]
        found = (
            select(self._entry.id)
            .where(*behind, self._entry.id <= max(sealed, default=0), self._entry.id != all_(_IDS))
            .order_by(self._entry.id)
            .limit(_MOST_STRAYS)
        )
        return list(await connection.scalars(found, {"ids": list(sealed)}))

    async def _end(self, connection: AsyncConnection, after: int | None) -> Part:
        queued = exists().where(self._queued.id == self._entry.id)
        behind, before = ([], []) if after is None else ([self._entry.id > after], [self._queued.id <= after])
        met = select(self._entry.id).where(*behind, ~queued).order_by(self._entry.id).limit(_MOST_STRAYS)
        waiting = select(self._queued.id).where(*before).order_by(self._queued.id).limit(_MOST_STRAYS)
        return Part(
            met=list(await connection.scalars(met)),
            waiting=list(await connection.scalars(waiting)),
            waiting_count=await connection.scalar(select(func.count()).select_from(self._trail.unsealed)) or 0,
        )


def _of(seal: Seal, lines: dict[int, Line]) -> list[Line]:
    return [lines[each] for each in seal.ids if each in lines]
