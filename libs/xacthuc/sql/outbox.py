"""The outbox: what happened, written in the same transaction as the change, read in a dense order.

A row's `id` is drawn when it is inserted, but transactions commit in another order, so a reader that remembered an id
would skip rows that became visible later (988 of 23 361 in a trial). Therefore readers go by `position`, which the
relay assigns after the commit (`relay.py`). Within one subject (an account) order is that of its changes, because the
insert follows the subject's row lock: who comes second waits for the first one's commit before it draws its id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Column,
    FetchedValue,
    Identity,
    Index,
    LargeBinary,
    Table,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.schema import UniqueConstraint

from xacthuc.sql.columns import facts, instant, number, word
from xacthuc.sql.happened import Event, Head, Positioned, Span
from xacthuc.telemetry.redaction import redact_texts
from xacthuc.telemetry.tracing import carried

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import MetaData, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

__all__ = ["Event", "Head", "Outbox", "Positioned", "Span"]


class Outbox:
    """The outbox of one schema."""

    def __init__(self, metadata: MetaData) -> None:
        """Adds its tables to `metadata`, in the schema named there."""
        self.events = Table(
            "outbox",
            metadata,
            Column("id", BigInteger, Identity(always=True), primary_key=True),
            word("platform"),
            word("subject"),
            word("kind"),
            instant("time"),
            facts("detail"),
            number("position", nullable=True),
            word("trace", nullable=True),
            UniqueConstraint("position", name="outbox_position"),
        )
        Index("outbox_unplaced", self.events.c.id, postgresql_where=self.events.c.position.is_(None))
        # The last position given, in a row of its own: the events that held it may have been deleted since.
        self.head = Table(
            "outbox_head",
            metadata,
            number("position"),
            Column("forgotten_position", BigInteger, FetchedValue(), nullable=False),
            # Drawn once, by the migration: what positions are hidden under from whoever is told of them.
            Column("secret", LargeBinary, FetchedValue(), nullable=False),
        )

    async def append(self, connection: AsyncConnection, events: Sequence[Event]) -> None:
        """Writes `events`, in this order. Call it after the lock on every subject among them was taken."""
        if events:
            trace = carried()
            rows = [
                {
                    "platform": event.platform,
                    "subject": event.subject,
                    "kind": event.kind,
                    "time": event.time,
                    "detail": redact_texts(event.detail),
                    "trace": trace,
                }
                for event in events
            ]
            await connection.execute(insert(self.events), rows)

    async def read(self, connection: AsyncConnection, *, after: int, limit: int) -> list[Positioned]:
        """Returns up to `limit` events behind position `after`, in order."""
        table = self.events
        found = await connection.execute(
            select(table).where(table.c.position > after).order_by(table.c.position).limit(limit)
        )
        return [_positioned(row) for row in found]

    async def ends(self, connection: AsyncConnection) -> Head:
        """Returns where the outbox begins and ends."""
        row = (await connection.execute(select(self.head))).one()
        return Head(row.position, row.forgotten_position)

    async def secret(self, connection: AsyncConnection) -> bytes:
        """Returns what was drawn for this outbox, 32 bytes that never change."""
        return bytes((await connection.execute(select(self.head.c.secret))).scalar_one())

    async def span(self, connection: AsyncConnection, *, after: int, until: int, platform: str = "") -> Span:
        """Returns the events behind `after` up to `until`, of one platform or all, and where the outbox began then.

        Begin and events are of one moment: what is not among them was never there, unless it was forgotten.
        """
        table, head = self.events.c, self.head.c
        wanted = and_(table.position > after, table.position <= until)
        if platform:
            wanted = and_(wanted, table.platform == platform)
        query = select(head.position.label("head"), head.forgotten_position, self.events)
        found = await connection.execute(query.join_from(self.head, self.events, wanted, isouter=True))
        rows = found.all()
        events = [_positioned(row) for row in rows if row.position is not None]
        events.sort(key=lambda one: one.position)
        return Span(Head(rows[0].head, rows[0].forgotten_position), events)

    async def position_before(self, connection: AsyncConnection, time: datetime) -> int:
        """Returns the last position before `time`, by halving what is kept; positions follow times within seconds."""
        table, ends = self.events.c, await self.ends(connection)
        low, high = ends.forgotten, ends.position
        while low < high:
            middle = (low + high + 1) // 2
            found = await connection.scalar(select(table.time).where(table.position == middle))
            if found is None or found < time:
                low = middle
            else:
                high = middle - 1
        return low

    async def forget(self, connection: AsyncConnection, *, before: datetime, until: int, limit: int = 5_000) -> int:
        """Deletes the oldest events that are older than `before`, up to position `until`; returns how many.

        From the front on and without a gap, so that one number says what is not kept any more.
        """
        table, head = self.events, self.head
        forgotten = (await self.ends(connection)).forgotten
        oldest = await connection.execute(
            select(table.c.position, table.c.time)
            .where(table.c.position > forgotten, table.c.position <= until)
            .order_by(table.c.position)
            .limit(limit)
        )
        last = forgotten
        for row in oldest:
            if row.time >= before:
                break
            last = row.position
        if last > forgotten:
            await connection.execute(delete(table).where(table.c.position > forgotten, table.c.position <= last))
            # Last, since the relay waits for this row.
            moved = func.greatest(head.c.forgotten_position, last)
            await connection.execute(update(head).values(forgotten_position=moved))
        return last - forgotten


def _positioned(row: Row[Any]) -> Positioned:
    event = Event(
        platform=row.platform,
        subject=row.subject,
        kind=row.kind,
        time=row.time,
        detail=row.detail,
        trace=row.trace,
    )
    return Positioned(row.position, event)
