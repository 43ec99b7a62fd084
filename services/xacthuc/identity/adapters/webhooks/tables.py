"""The tables of webhooks, their secrets, and what is on its way to them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

from xacthuc.identity.adapters.tables import metadata
from xacthuc.sql.columns import facts, instant, number, sealed, word

webhooks: Final = Table(
    "webhooks",
    metadata,
    word("platform", primary_key=True),
    word("webhook", primary_key=True),
    word("address"),
    Column("kinds", ARRAY(Text), nullable=False),
    word("state"),
    instant("create_time"),
    # Since when nothing but failures came of it.
    instant("failing_since", nullable=True),
)

webhook_secrets: Final = Table(
    "webhook_secrets",
    metadata,
    word("platform", primary_key=True),
    word("webhook", primary_key=True),
    word("secret_id", primary_key=True),
    sealed("secret"),
    instant("create_time"),
    instant("expire_time", nullable=True),
)

webhook_deliveries: Final = Table(
    "webhook_deliveries",
    metadata,
    word("platform", primary_key=True),
    word("webhook", primary_key=True),
    word("event", primary_key=True),
    # Where the event is in the outbox, and which of its batch: the order of lists.
    number("position"),
    Column("number", SmallInteger, nullable=False),
    word("kind"),
    word("account"),
    instant("event_time"),
    facts("details"),
    # PENDING, DELIVERED or DROPPED. One whose job is held is dead.
    word("state"),
    number("attempts"),
    word("last_outcome", nullable=True),
    Column("last_status", SmallInteger, nullable=False),
    instant("last_time", nullable=True),
    instant("create_time"),
    Index("webhook_deliveries_newest", "platform", "webhook", "position", "number"),
    Index("webhook_deliveries_pending", "create_time", postgresql_where=text("state = 'PENDING'")),
    Index("webhook_deliveries_age", "create_time"),
)
