"""The table of the session log. Its partitions are made and dropped by `months`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Index, Table

from xacthuc.identity.adapters.tables import metadata
from xacthuc.sql.columns import drawn, instant, number, sealed, word

session_log: Final = Table(
    "session_log",
    metadata,
    word("platform", primary_key=True),
    word("account", primary_key=True),
    instant("time", primary_key=True),
    drawn("id"),
    word("kind"),
    # Address and port, under the key of the platform's day.
    sealed("origin", nullable=True),
    # The platform's own id of what was published; never its content.
    word("content_id", nullable=True),
    postgresql_partition_by="RANGE (time)",
)

# Entries of months that are gone, of accounts that a legal hold keeps.
held_sessions: Final = Table(
    "held_sessions",
    metadata,
    word("platform", primary_key=True),
    word("account", primary_key=True),
    instant("time", primary_key=True),
    # As in the log.
    number("id", primary_key=True),
    word("kind"),
    # Address and port, under a key of the account.
    sealed("origin", nullable=True),
    word("content_id", nullable=True),
    Index("held_sessions_time", "time"),
)
