"""The audit tables of a schema, and writing to them. Append-only: no code updates a row, and only `pruning` deletes any.

Entries commit unchained, with what they tell of; a trigger queues them (`schema`), and `sealer` chains them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Identity, Index, Table, insert
from sqlalchemy.dialects.postgresql import ARRAY

from xacthuc.audit.chain import DIGEST_BYTES, Line, Seal, canonical
from xacthuc.sql.columns import Json, digest, facts, instant, number, word
from xacthuc.telemetry.redaction import redact_texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy import MetaData, Row
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
    """What else an auditor needs; never personal. What free texts have of a number or an id is masked."""


class Trail:
    """The audit trail of one schema."""

    def __init__(self, metadata: MetaData) -> None:
        """Adds its tables to `metadata`."""
        self.schema = metadata.schema
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
        Index("audit_time", self.entries.c.time, postgresql_using="brin")
        # Entries that are in no seal yet.
        self.unsealed = Table("audit_unsealed", metadata, _id("id"))
        self.seals = Table(
            "audit_seals",
            metadata,
            _id("number"),
            instant("time"),
            number("entries"),
            Column("ids", ARRAY(BigInteger), nullable=False),
            digest("digests"),
            digest("chain"),
        )
        # What was deleted for its age: the last seal, and the signed statement.
        self.pruned = Table("audit_pruned", metadata, _id("number"), word("statement"))

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
                    "detail": redact_texts(entry.detail),
                }
                for entry in entries
            ]
            await connection.execute(insert(self.entries), rows)


def line_of(row: Row[Any]) -> Line:
    """Returns an entry's row as it is sealed."""
    return Line(
        id=row.id,
        time=row.time,
        tag=row.tag,
        platform=row.platform,
        subject=row.subject,
        actor=row.actor,
        request_id=row.request_id,
        trace_id=row.trace_id,
        detail=canonical(row.detail),
    )


def seal_of(row: Row[Any]) -> Seal:
    """Returns a seal's row."""
    whole = bytes(row.digests)
    digests = [whole[at : at + DIGEST_BYTES] for at in range(0, len(whole), DIGEST_BYTES)]
    return Seal(
        number=row.number,
        time=row.time,
        entries=row.entries,
        ids=tuple(row.ids),
        digests=digests,
        chain=bytes(row.chain),
    )


def _id(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)
