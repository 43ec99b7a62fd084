"""The tables of schema `livestream`. The migrations make them; a test proves that both say the same."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, text

from xacthuc.audit.trail import Trail
from xacthuc.jobs.queue import JobQueue
from xacthuc.sql.columns import instant, number, word
from xacthuc.sql.following import cursors_table
from xacthuc.sql.outbox import Outbox
from xacthuc.sql.requests import requests_table

SCHEMA: Final = "livestream"

metadata = MetaData(schema=SCHEMA)

# Who was ever asked about. Its row is what everybody locks who changes anything about an account's broadcasts.
broadcasters = Table(
    "broadcasters",
    metadata,
    word("platform", primary_key=True),
    word("account", primary_key=True),
    # How often something was heard of the account: what identity said before the last time may not be true any more.
    number("heard"),
    # The `traceparent` of what was heard last, when that was recorded, until it was acted on.
    word("trace", nullable=True),
)

broadcasts = Table(
    "broadcasts",
    metadata,
    word("platform", primary_key=True),
    word("broadcast", primary_key=True),
    word("account"),
    word("state"),
    word("commerce"),
    # How many rows of each there are of it.
    Column("decisions", Integer, nullable=False),
    Column("declarations", Integer, nullable=False),
    instant("create_time"),
    instant("authorize_time", nullable=True),
    instant("grant_time", nullable=True),
    instant("close_time", nullable=True),
    instant("review_time", nullable=True),
    instant("revoke_time", nullable=True),
    instant("end_time", nullable=True),
    word("end_reason", nullable=True),
    Index("broadcasts_account", "platform", "account", "broadcast"),
    Index("broadcasts_live", "platform", "broadcast", postgresql_where=text("state = 'LIVE'")),
    Index("broadcasts_on_air", "platform", "account", "broadcast", postgresql_where=text("state = 'LIVE'")),
    Index("broadcasts_over", "create_time", postgresql_where=text("state <> 'LIVE'")),
    Index("broadcasts_close", "close_time", postgresql_where=text("state = 'LIVE'")),
    Index("broadcasts_review", "review_time", postgresql_where=text("state = 'LIVE' AND review_time IS NOT NULL")),
)

# What was decided, in order: who was on air, on which evidence and by which article. Renewals that change nothing are
# left out.
decisions = Table(
    "decisions",
    metadata,
    word("platform", primary_key=True),
    word("broadcast", primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    word("account"),
    # What it was decided for: `domain.broadcast.Cause`.
    word("cause"),
    word("ruling"),
    # What was cleared for sale afterwards.
    word("commerce"),
    word("reason"),
    word("legal_basis"),
    word("policy_version"),
    # Evidence of identity at that moment.
    instant("personal_id_time", nullable=True),
    word("personal_id_source"),
    instant("time"),
)

# What was declared for sale.
declarations = Table(
    "declarations",
    metadata,
    word("platform", primary_key=True),
    word("broadcast", primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    word("kind"),
    word("product_id"),
    instant("show_time"),
    instant("time"),
)

# Which approval was used up for an export, and by which request.
exports = Table(
    "exports",
    metadata,
    word("approval", primary_key=True),
    word("platform"),
    word("account"),
    word("request_id"),
    # Who asked, and alone may ask again. Empty of exports before it was kept: nobody may repeat those.
    Column("actor", Text, nullable=False, server_default=text("''")),
    instant("time"),
    Index("exports_time", "time"),
)

requests = requests_table(metadata)
outbox = Outbox(metadata)
cursors = cursors_table(metadata)
jobs = JobQueue(metadata)
trail = Trail(metadata)
