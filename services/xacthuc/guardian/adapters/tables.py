"""The tables of schema `guardian`. The migrations make them; a test proves that both say the same."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, MetaData, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.schema import UniqueConstraint

from xacthuc.audit.trail import Trail
from xacthuc.jobs.queue import JobQueue
from xacthuc.sql.columns import digest, flag, instant, number, word
from xacthuc.sql.following import cursors_table
from xacthuc.sql.outbox import Outbox
from xacthuc.sql.requests import requests_table

SCHEMA: Final = "guardian"

metadata = MetaData(schema=SCHEMA)

# What is allowed of a child, at one version. Its row is what everybody locks who changes anything about the child.
children = Table(
    "children",
    metadata,
    word("platform", primary_key=True),
    word("child", primary_key=True),
    # Grows with each change of who answers or of what is allowed; 0 before anybody answered.
    number("version"),
    flag("suspended"),
    Column("actions", ARRAY(Text), nullable=False),
    # Minutes since midnight in Vietnam.
    Column("quiet_from", SmallInteger, nullable=False),
    Column("quiet_to", SmallInteger, nullable=False),
    instant("create_time"),
    instant("update_time"),
)

links = Table(
    "links",
    metadata,
    word("platform", primary_key=True),
    word("link", primary_key=True),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    word("child"),
    # The guardian's account or record at identity, once it is known.
    word("guardian", nullable=True),
    # Who was invited: an account, or the keyed hash of a number.
    word("invited_account", nullable=True),
    digest("invited_number", nullable=True),
    word("relation"),
    word("state"),
    word("end_cause", nullable=True),
    # What the guardian declared.
    word("text_version", nullable=True),
    instant("accept_time", nullable=True),
    word("ward_ground", nullable=True),
    # How often the invitation was made again.
    Column("repeats", Integer, nullable=False, server_default=text("0")),
    instant("expire_time"),
    instant("confirm_time", nullable=True),
    instant("start_time", nullable=True),
    instant("end_time", nullable=True),
    instant("create_time"),
    instant("update_time"),
    Index("links_child", "platform", "child", "id"),
    Index("links_guardian", "platform", "guardian", "id", postgresql_where=text("guardian IS NOT NULL")),
    Index(
        "links_number",
        "platform",
        "invited_number",
        "create_time",
        postgresql_where=text("invited_number IS NOT NULL"),
    ),
    Index(
        "links_invited",
        "platform",
        "invited_account",
        "create_time",
        postgresql_where=text("invited_account IS NOT NULL"),
    ),
    Index("links_over", "update_time", postgresql_where=text("state IN ('DECLINED', 'EXPIRED', 'ENDED')")),
)

# Digests of devices that a child signed up on, as otp makes them: a guardian on one of them is looked at.
child_devices = Table(
    "child_devices",
    metadata,
    word("platform", primary_key=True),
    word("child", primary_key=True),
    word("device", primary_key=True),
    instant("create_time"),
)

# Everything that became of a link, oldest first.
link_changes = Table(
    "link_changes",
    metadata,
    word("platform", primary_key=True),
    word("link", primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    word("state"),
    word("actor"),
    instant("change_time"),
)

# What an officer has to decide, and what was decided.
disputes = Table(
    "disputes",
    metadata,
    word("platform", primary_key=True),
    word("dispute", primary_key=True),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    word("link"),
    word("child"),
    word("cause"),
    word("state"),
    word("basis"),
    word("resolver", nullable=True),
    word("resolve_basis", nullable=True),
    instant("create_time"),
    instant("resolve_time", nullable=True),
    Index("disputes_link", "platform", "link", "id"),
    Index("disputes_open", "platform", "id", postgresql_where=text("state = 'OPEN'")),
    Index("disputes_all", "platform", "id"),
)

activities = Table(
    "activities",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    word("platform"),
    word("child"),
    word("kind"),
    word("content_id"),
    instant("occur_time"),
    UniqueConstraint("platform", "child", "kind", "content_id", name="activities_thing"),
    Index("activities_newest", "platform", "child", "occur_time", "id"),
    Index("activities_age", "occur_time"),
)
"""What children published: which and when, never what."""

child_assents = Table(
    "child_assents",
    metadata,
    word("platform", primary_key=True),
    word("child", primary_key=True),
    word("feature", primary_key=True),
    # Version and time of what each agreed to; empty while they have not, or took it back.
    word("child_text", nullable=True),
    instant("child_accept_time", nullable=True),
    word("guardian_text", nullable=True),
    instant("guardian_accept_time", nullable=True),
    # The link by which the guardian did: it counts while that one stands.
    word("guardian_link", nullable=True),
    instant("update_time"),
)

cursors = cursors_table(metadata)
requests = requests_table(metadata)
outbox = Outbox(metadata)
jobs = JobQueue(metadata)
trail = Trail(metadata)
