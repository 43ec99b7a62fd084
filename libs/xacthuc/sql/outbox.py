"""The outbox: what happened, written in the same transaction as the change, read in a dense order.

A row's `id` is drawn when it is inserted, but transactions commit in another order, so a reader that remembered an id
would skip rows that became visible later (988 of 23 361 in a trial). Therefore readers go by `position`, which the
relay assigns after the commit (`relay.py`). Within one subject (an account) order is that of its changes, because the
insert follows the subject's row lock: who comes second waits for the first one's commit before it draws its id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Identity, Index, Table, insert, select
from sqlalchemy.schema import UniqueConstraint

from xacthuc.sql.columns import Json, facts, instant, number, word

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import MetaData
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one subject."""

    platform: str
    subject: str
    """Whose order matters, such as an account id."""
    kind: str
    """From the closed set of the service."""
    time: datetime
    detail: Json
    """Never personal: events leave the service."""


@dataclass(frozen=True, slots=True)
class Positioned:
    """An event in its place."""

    position: int
    """1 and up, without gaps; a reader resumes behind the last one it dealt with."""
    event: Event


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
            UniqueConstraint("position", name="outbox_position"),
        )
        Index("outbox_unplaced", self.events.c.id, postgresql_where=self.events.c.position.is_(None))
        # The last position given, in a row of its own: the events that held it may have been deleted since.
        self.head = Table("outbox_head", metadata, number("position"))

    async def append(self, connection: AsyncConnection, events: Sequence[Event]) -> None:
        """Writes `events`, in this order. Call it after the lock on every subject among them was taken."""
        if events:
            rows = [
                {
                    "platform": event.platform,
                    "subject": event.subject,
                    "kind": event.kind,
                    "time": event.time,
                    "detail": event.detail,
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
        return [
            Positioned(
                row.position,
                Event(platform=row.platform, subject=row.subject, kind=row.kind, time=row.time, detail=row.detail),
            )
            for row in found
        ]
