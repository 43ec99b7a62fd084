"""The table of approvals."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Table
from sqlalchemy.dialects.postgresql import JSONB

from xacthuc.identity.adapters.tables import metadata
from xacthuc.sql.columns import facts, instant, word

approvals: Final = Table(
    "approvals",
    metadata,
    word("approval", primary_key=True),
    word("platform"),
    word("kind"),
    # What is to be done, as the JSON of the kind's message: ids, orders and times.
    facts("parameters"),
    word("reason"),
    word("proposer"),
    # The request that proposed it.
    word("request_id"),
    word("state"),
    instant("create_time"),
    instant("expire_time"),
    # By when the law wants it decided.
    instant("due_time", nullable=True),
    # Who made what the service proposed their own.
    word("adopter", nullable=True),
    instant("adopt_time", nullable=True),
    # Who granted, refused or withdrew it.
    word("decider", nullable=True),
    word("decision_reason", nullable=True),
    instant("decide_time", nullable=True),
    # When it was over, whatever came of it.
    instant("end_time", nullable=True),
    # What came of it, or why nothing did.
    Column("result", JSONB, nullable=True),
    word("failure", nullable=True),
    Index("approvals_newest", "create_time", "approval"),
    Index("approvals_request", "platform", "request_id", unique=True),
)
