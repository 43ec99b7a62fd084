"""The tables of releases, on the metadata of schema `identity`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

from xacthuc.identity.adapters.tables import metadata
from xacthuc.sql.columns import flag, instant, sealed, word

# A request of an authority, and what became of it.
releases: Final = Table(
    "releases",
    metadata,
    word("platform", primary_key=True),
    # The request that recorded it.
    word("release", primary_key=True),
    Column("accounts", ARRAY(Text), nullable=False),
    word("authority"),
    word("legal_basis"),
    # Of the written document, in the authority's own files.
    word("reference"),
    instant("receive_time"),
    flag("emergency"),
    Column("fields", ARRAY(Text), nullable=False),
    instant("due_time"),
    instant("create_time"),
    # The last document and who had it made; empty before.
    word("approval", nullable=True),
    word("proposer", nullable=True),
    word("approver", nullable=True),
    Column("made_fields", ARRAY(Text), nullable=True),
    instant("make_time", nullable=True),
    instant("fetch_until", nullable=True),
    # Who fetched it by which call.
    word("fetcher", nullable=True),
    word("fetch_request", nullable=True),
    instant("fetch_time", nullable=True),
    instant("repeat_until", nullable=True),
    instant("close_time", nullable=True),
    word("close_reason"),
    # When it was fetched or closed; empty while it is due.
    instant("end_time", nullable=True),
    Index("releases_open", "due_time", postgresql_where=text("end_time IS NULL")),
    Index("releases_ended", "end_time", postgresql_where=text("end_time IS NOT NULL")),
)

# What was made for an authority and not destroyed yet.
release_documents: Final = Table(
    "release_documents",
    metadata,
    # The approval by which it was made.
    word("approval", primary_key=True),
    word("platform"),
    word("release"),
    # Under a key of its own, which is destroyed with it.
    sealed("document"),
    instant("make_time"),
)
