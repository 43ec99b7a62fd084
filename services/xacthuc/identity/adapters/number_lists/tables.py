"""The table of lists. Nothing of a number is in it; what was found of accounts is with the findings of runs."""

from __future__ import annotations

from sqlalchemy import Index, Table

from xacthuc.identity.adapters.tables import metadata
from xacthuc.sql.columns import facts, flag, instant, number, word

number_lists = Table(
    "number_lists",
    metadata,
    word("list", primary_key=True),
    # SHA-256 of the file, in hexadecimal.
    word("digest"),
    word("kind"),
    word("source"),
    flag("dry_run"),
    word("actor"),
    # Rows that were dealt with; what follows from them is committed.
    number("row_count"),
    # Of `domain.reconciliation.Tally`.
    facts("counts"),
    instant("create_time"),
    instant("update_time"),
    instant("complete_time", nullable=True),
    Index("number_lists_age", "update_time"),
)
