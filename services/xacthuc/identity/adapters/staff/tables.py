"""The tables of operators and their sessions."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

from xacthuc.identity.adapters.tables import metadata
from xacthuc.sql.columns import digest, instant, sealed, word

operators: Final = Table(
    "operators",
    metadata,
    word("operator", primary_key=True),
    # What colleagues call them.
    word("display_name"),
    Column("roles", ARRAY(Text), nullable=False),
    word("state"),
    # Who they are to the identity provider; of an invitation by e-mail not known yet.
    word("issuer", nullable=True),
    word("subject", nullable=True),
    # Of an invitation, until it is taken up.
    word("email", nullable=True),
    instant("create_time"),
    # The request that invited them.
    word("request_id"),
    Index("operators_subject", "issuer", "subject", unique=True, postgresql_where=text("state = 'ACTIVE'")),
)

staff_sessions: Final = Table(
    "staff_sessions",
    metadata,
    word("session", primary_key=True),
    word("operator"),
    # Those the operator had when it began, or has been given since.
    Column("roles", ARRAY(Text), nullable=False),
    digest("sha256"),
    word("state"),
    word("means"),
    instant("create_time"),
    instant("expire_time"),
    Column("idle_seconds", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Index("staff_sessions_newest", "create_time", "session"),
)

# Sign-ins that were begun with the identity provider and not ended.
staff_sign_ins: Final = Table(
    "staff_sign_ins",
    metadata,
    digest("state_index", primary_key=True),
    sealed("flow"),
    instant("expire_time"),
)

# Tries with the secret for emergencies, so that they can be counted.
break_glass_tries: Final = Table(
    "break_glass_tries",
    metadata,
    word("request_id", primary_key=True),
    instant("time", primary_key=True),
)
