"""The audit table of a schema, and writing to it. Append-only: no code updates or deletes a row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Identity, Index, Table, insert

from xacthuc.sql.columns import Json, facts, instant, word

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import MetaData
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.audit.tags import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the trail."""

    tag: Tag
    time: datetime
    platform: str
    subject: str
    """Id of the thing that changed: an account, a key, a platform."""
    actor: str
    """Who asked: `key:<id>` of a platform, `operator:<id>` of the staff, `approval:<id>` of two of them, else
    `peer:<service>`."""
    request_id: str
    trace_id: str
    detail: Json = field(default_factory=dict)
    """What else an auditor needs; never personal."""


class Trail:
    """The audit trail of one schema."""

    def __init__(self, metadata: MetaData) -> None:
        """Adds its table to `metadata`."""
        self.entries = Table(
            "audit",
            metadata,
            Column("id", BigInteger, Identity(always=True), primary_key=True),
            word("tag"),
            instant("time"),
            word("platform"),
            word("subject"),
            word("actor"),
            word("request_id"),
            word("trace_id"),
            facts("detail"),
        )
        Index("audit_subject", self.entries.c.platform, self.entries.c.subject, self.entries.c.id)

    async def write(self, connection: AsyncConnection, entries: Sequence[Entry]) -> None:
        """Writes `entries` in the transaction of what they tell of."""
        if entries:
            rows = [
                {
                    "tag": entry.tag.value,
                    "time": entry.time,
                    "platform": entry.platform,
                    "subject": entry.subject,
                    "actor": entry.actor,
                    "request_id": entry.request_id,
                    "trace_id": entry.trace_id,
                    "detail": entry.detail,
                }
                for entry in entries
            ]
            await connection.execute(insert(self.entries), rows)
