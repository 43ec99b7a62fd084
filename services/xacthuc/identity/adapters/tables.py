"""The tables of schema `identity`. The migrations make them; a test proves that both say the same.

`accounts`, `evidence` and `consents` are hash-partitioned by (platform, account), which every key of theirs begins with.
What is unique across accounts lives in tables of its own (`number_claims`, `proofs`, `requests`), because a partitioned
table can hold no unique key without its partition key.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from xacthuc.audit.trail import Trail
from xacthuc.jobs.queue import JobQueue
from xacthuc.sql.columns import digest, drawn, flag, instant, number, sealed, word
from xacthuc.sql.outbox import Outbox
from xacthuc.sql.requests import requests_table

SCHEMA: Final = "identity"

metadata = MetaData(schema=SCHEMA)

platforms = Table(
    "platforms",
    metadata,
    word("platform", primary_key=True),
    word("display_name"),
    instant("create_time"),
)

platform_keys = Table(
    "platform_keys",
    metadata,
    word("platform", primary_key=True),
    word("key_id", primary_key=True),
    digest("sha256"),
    Column("scopes", ARRAY(Text), nullable=False),
    word("state"),
    instant("create_time"),
    instant("expire_time", nullable=True),
    Column("version", Integer, nullable=False),
    ForeignKeyConstraint(["platform"], ["identity.platforms.platform"], name="platform_keys_platform"),
)

accounts = Table(
    "accounts",
    metadata,
    word("platform", primary_key=True),
    word("account", primary_key=True),
    # A person's account, or the record of a guardian who has none (`domain.account.Kind`).
    word("kind"),
    # Name, birth date and a child's 16th birthday, in one blob: nothing in this table tells who or how old the holder is.
    sealed("person"),
    # Equal for equal name and birth date; empty until both are known.
    digest("person_index", nullable=True),
    flag("complete"),
    word("life"),
    instant("close_time", nullable=True),
    instant("purge_time", nullable=True),
    instant("transition_until", nullable=True),
    word("transition_basis", nullable=True),
    # What two people ended it by before its time, and when it was to end: until that is undone.
    word("transition_approval", nullable=True),
    instant("transition_before", nullable=True),
    instant("create_time"),
    instant("update_time"),
    Index("accounts_purge", "purge_time", postgresql_where=text("purge_time IS NOT NULL")),
    postgresql_partition_by="HASH (platform, account)",
)

consents = Table(
    "consents",
    metadata,
    word("platform", primary_key=True),
    word("account", primary_key=True),
    drawn("id"),
    # What was agreed to or confirmed: REGISTRATION, NO_MOBILE.
    word("kind"),
    word("text_version"),
    instant("accept_time"),
    instant("record_time"),
    postgresql_partition_by="HASH (platform, account)",
)

evidence = Table(
    "evidence",
    metadata,
    word("platform", primary_key=True),
    word("account", primary_key=True),
    drawn("id"),
    word("kind"),
    # Who proved it, how sure and under which number of its own records (R41).
    word("source"),
    word("level", nullable=True),
    word("transaction_id", nullable=True),
    instant("verify_time"),
    # A keyed hash of the device that a number was proven from, as otp makes it.
    digest("device_index", nullable=True),
    # The number or the personal ID that it is of.
    sealed("number", nullable=True),
    digest("number_index", nullable=True),
    # Rows are never deleted: what was proven stays on record, and says when and why it stopped to stand.
    instant("lapse_time", nullable=True),
    word("lapse_reason", nullable=True),
    Index("evidence_lapsed", "lapse_time", postgresql_where=text("lapse_time IS NOT NULL AND number IS NOT NULL")),
    postgresql_partition_by="HASH (platform, account)",
)

number_claims = Table(
    "number_claims",
    metadata,
    word("platform", primary_key=True),
    digest("number_index", primary_key=True),
    word("account", primary_key=True),
    # When the number was proven, not when that arrived here: it decides who may stand on it.
    instant("verify_time"),
    Index("number_claims_account", "platform", "account"),
)

personal_id_claims = Table(
    "personal_id_claims",
    metadata,
    word("platform", primary_key=True),
    digest("personal_id_index", primary_key=True),
    word("account", primary_key=True),
    instant("verify_time"),
    Index("personal_id_claims_account", "platform", "account"),
)

# Each time a number passed from one holder to an unrelated one: how often is bounded.
number_moves = Table(
    "number_moves",
    metadata,
    word("platform", primary_key=True),
    digest("number_index", primary_key=True),
    instant("move_time", primary_key=True),
    # Who proved it then.
    word("account"),
    Index("number_moves_age", "move_time"),
)

# The question to a provider about an account's personal ID that is not answered yet: one at a time.
personal_id_checks = Table(
    "personal_id_checks",
    metadata,
    word("platform", primary_key=True),
    word("account", primary_key=True),
    word("check_id"),
    # The evidence row of the declared number.
    number("evidence_id"),
    # Whom it is pending with and what they call it; nobody's at first.
    word("provider"),
    word("transaction_id", nullable=True),
    # Whether the mobile operators have answered.
    flag("compared"),
    instant("create_time"),
    instant("next_time"),
    Index(
        "personal_id_checks_transaction",
        "provider",
        "transaction_id",
        postgresql_where=text("transaction_id IS NOT NULL"),
    ),
)

# Sign-ins that were begun with a provider of electronic identification.
sign_ins = Table(
    "sign_ins",
    metadata,
    digest("state_index", primary_key=True),
    word("platform"),
    word("account"),
    word("provider"),
    sealed("flow"),
    instant("expire_time"),
    # The request that came back with it first; no other one gets it.
    word("used_by", nullable=True),
    Index("sign_ins_age", "expire_time"),
    Index("sign_ins_account", "platform", "account"),
)

locks = Table(
    "locks",
    metadata,
    word("platform", primary_key=True),
    word("account", primary_key=True),
    drawn("id"),
    word("basis"),
    instant("create_time"),
    # Empty: until it is lifted.
    instant("expire_time", nullable=True),
    instant("lift_time", nullable=True),
    word("lift_basis", nullable=True),
    # One lock has a row on each account that it binds. Empty: it binds this account alone, as version 1 of locks did.
    word("lock_id", nullable=True),
    # The account that was locked, where this one follows because it is the same person's.
    word("bound_to", nullable=True),
    # What two people granted it by, and two have to lift it by. Empty: one was enough.
    word("approval", nullable=True),
    Index("locks_lock", "platform", "lock_id", postgresql_where=text("lock_id IS NOT NULL")),
    Index("locks_ended", text("COALESCE(lift_time, expire_time)")),
)

# Who answers for a child, as the guardian service last said, and what is allowed: one version of both at a time.
guardians = Table(
    "guardians",
    metadata,
    word("platform", primary_key=True),
    word("child", primary_key=True),
    word("link", primary_key=True),
    word("account"),
    word("relation"),
    instant("start_time"),
    # False once a correction says that the guardian is not of age after all.
    flag("of_age"),
    Index("guardians_account", "platform", "account"),
)

supervisions = Table(
    "supervisions",
    metadata,
    word("platform", primary_key=True),
    word("child", primary_key=True),
    number("version"),
    flag("suspended"),
    Column("actions", ARRAY(Text), nullable=False),
    # Minutes since midnight in Vietnam.
    Column("quiet_from", SmallInteger, nullable=False),
    Column("quiet_to", SmallInteger, nullable=False),
    instant("update_time"),
)

proofs = Table(
    "proofs",
    metadata,
    word("proof_id", primary_key=True),
    word("platform"),
    word("account"),
    instant("redeem_time"),
    Index("proofs_age", "redeem_time"),
)

requests = requests_table(metadata)

# Batches of an import that are done: a repeated one is answered from here.
import_batches = Table(
    "import_batches",
    metadata,
    word("platform", primary_key=True),
    word("batch_id", primary_key=True),
    digest("fingerprint"),
    sealed("verdicts"),
    instant("create_time"),
    Index("import_batches_age", "create_time"),
)

# How far what other services stream has been dealt with, and how far accounts were counted (`census.py`).
cursors = Table(
    "cursors",
    metadata,
    word("stream", primary_key=True),
    Column("position", LargeBinary, nullable=False),
    instant("update_time"),
)

outbox = Outbox(metadata)
jobs = JobQueue(metadata)
trail = Trail(metadata)
