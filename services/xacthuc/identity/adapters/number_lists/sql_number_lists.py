"""Lists of numbers in PostgreSQL: a batch in one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters.account_writes import entry
from xacthuc.identity.adapters.newest import newest_first
from xacthuc.identity.adapters.number_lists.holders import holders, indexed
from xacthuc.identity.adapters.number_lists.tables import number_lists
from xacthuc.identity.adapters.tables import platforms, trail
from xacthuc.identity.domain.number_lists import NumberList, RowOutcome, count, judge
from xacthuc.identity.domain.reconciliation import FindingKind, Run, Tally
from xacthuc.identity.ports.number_lists import Taken
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.number_lists.holders import Indexes
    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.identity.adapters.reconciliation.findings import Findings
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.number_lists import Batch
    from xacthuc.policy.sections import Reconciliation
    from xacthuc.sql.columns import Json


class SqlNumberLists:
    """The port `NumberLists`."""

    def __init__(self, engine: AsyncEngine, personal: PersonalData, findings: Findings, rules: Reconciliation) -> None:
        """Takes the pool, what recognises numbers, what writes findings, and what follows from a row."""
        self._engine = engine
        self._personal = personal
        self._findings = findings
        self._rules = rules

    async def take(self, order: Order, given: NumberList, batch: Batch) -> Taken:
        """Hashes first, so that nobody's transaction waits for it."""
        async with transaction(self._engine) as connection:
            there = list(await connection.scalars(select(platforms.c.platform).order_by(platforms.c.platform)))
        wanted = await indexed(self._personal, there, batch.numbers)
        async with transaction(self._engine) as connection:
            kept = await self._begun(connection, order, given, batch) or given
            is_next = kept.is_same(given) and kept.complete_time is None and batch.first_row <= kept.row_count
            if not is_next or (batch.end <= kept.row_count and not batch.complete):
                return Taken(kept)
            return await self._take(connection, order, kept, batch, wanted=wanted, now=given.update_time)

    async def get(self, list_id: str) -> NumberList | None:
        """Reads one row."""
        async with transaction(self._engine) as connection:
            row = (await connection.execute(select(number_lists).where(number_lists.c.list == list_id))).one_or_none()
        return None if row is None else _read(row)

    async def lists(self, after: str, limit: int) -> list[NumberList]:
        """Reads rows by keyset."""
        wanted = newest_first(number_lists, number_lists.c.list, after, limit)
        async with transaction(self._engine) as connection:
            return [_read(row) for row in await connection.execute(wanted)]

    async def _begun(
        self, connection: AsyncConnection, order: Order, given: NumberList, batch: Batch
    ) -> NumberList | None:
        """Returns the list as it is kept, under lock: two who import the same one take turns. It begins at its beginning."""
        of = number_lists.c
        if batch.first_row == 0:
            begin = insert(number_lists).values(_row(given)).on_conflict_do_nothing().returning(of.list)
            if await connection.scalar(begin) is not None:
                detail: Json = {**_told(given), "digest": given.digest}
                await _write(connection, order, given, tag=Tag.NUMBER_LIST_BEGUN, detail=detail, now=given.create_time)
        wanted = select(number_lists).where(of.list == given.list_id).with_for_update()
        row = (await connection.execute(wanted)).one_or_none()
        return None if row is None else _read(row)

    async def _take(
        self,
        connection: AsyncConnection,
        order: Order,
        kept: NumberList,
        batch: Batch,
        *,
        wanted: Mapping[str, Indexes],
        now: datetime,
    ) -> Taken:
        standing = await holders(connection, wanted)
        rest = batch.rest(kept.row_count)
        judged = [judge(row, kept, standing.get(place, ()), self._rules) for place, row in rest.numbers]
        total = Tally(kept.tally.counts)
        total.add(count((outcome for outcome, _ in judged), rest))
        found = [finding for _, some in judged for finding in some]
        changed = await self._findings.write(connection, _as_run(kept, order), found, total, now)
        after = {
            "row_count": rest.end,
            "counts": dict(total.counts),
            "update_time": now,
            "complete_time": now if batch.complete else None,
        }
        of = number_lists.c
        written = await connection.execute(
            update(number_lists).where(of.list == kept.list_id).values(after).returning(number_lists)
        )
        left = _read(written.one())
        if batch.complete:
            detail: Json = {**_told(left), **{each.lower(): left.outcome_count(each) for each in RowOutcome}}
            await _write(connection, order, left, tag=Tag.NUMBER_LIST_IMPORTED, detail=detail, now=now)
        return Taken(left, changed)


async def _write(
    connection: AsyncConnection, order: Order, of: NumberList, *, tag: Tag, detail: Json, now: datetime
) -> None:
    await trail.write(connection, [entry(order, tag, of.list_id, now, detail)])


def _told(of: NumberList) -> Json:
    return {"kind": of.kind, "source": of.source, "dry_run": of.dry_run, "rows": of.row_count}


def _as_run(of: NumberList, order: Order) -> Run:
    """Returns a list as what findings belong to."""
    return Run(
        run_id=of.list_id,
        platform="",
        sources=(),
        dry_run=of.dry_run,
        per_second=0,
        actor=order.actor,
        create_time=of.create_time,
        update_time=of.update_time,
    )


def _row(of: NumberList) -> dict[str, Any]:
    return {
        "list": of.list_id,
        "digest": of.digest,
        "kind": of.kind,
        "source": of.source,
        "dry_run": of.dry_run,
        "actor": of.actor,
        "row_count": of.row_count,
        "counts": dict(of.tally.counts),
        "create_time": of.create_time,
        "update_time": of.update_time,
        "complete_time": of.complete_time,
    }


def _read(row: Row[Any]) -> NumberList:
    return NumberList(
        list_id=row.list,
        digest=row.digest,
        kind=FindingKind(row.kind),
        source=row.source,
        dry_run=row.dry_run,
        actor=row.actor,
        row_count=row.row_count,
        tally=Tally(row.counts),
        create_time=row.create_time,
        update_time=row.update_time,
        complete_time=row.complete_time,
    )
