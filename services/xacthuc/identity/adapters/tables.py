"""The tables of schema `identity`. The migrations make them; a test proves that both say the same.

`accounts` and `evidence` begin their keys with (platform, account), so that they can be hash-partitioned by it. What is
unique across accounts lives in tables of its own (`number_claims`, `proofs`, `requests`), because a partitioned table
can hold no unique key without its partition key.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Identity, Index, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from xacthuc.audit.trail import Trail
from xacthuc.sql.columns import digest, instant, sealed, word
from xacthuc.sql.outbox import Outbox

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
    # Name, birth date and a child's 16th birthday, in one blob: nothing in this table tells who or how old the holder is.
    sealed("person"),
    instant("create_time"),
    instant("update_time"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    word("platform"),
    word("account"),
    word("text_version"),
    instant("accept_time"),
    instant("record_time"),
    Index("consents_account", "platform", "account"),
)

evidence = Table(
    "evidence",
    metadata,
    word("platform", primary_key=True),
    word("account", primary_key=True),
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    word("kind"),
    word("source"),
    instant("verify_time"),
    sealed("number", nullable=True),
    digest("number_index", nullable=True),
    # Rows are never deleted: what was proven stays on record, and says when and why it stopped to stand.
    instant("lapse_time", nullable=True),
    word("lapse_reason", nullable=True),
)

number_claims = Table(
    "number_claims",
    metadata,
    word("platform", primary_key=True),
    digest("number_index", primary_key=True),
    word("account", primary_key=True),
    # When the number was proven, not when that arrived here: it decides who may stand on it.
    instant("verify_time"),
)

proofs = Table(
    "proofs",
    metadata,
    word("proof_id", primary_key=True),
    word("platform"),
    word("account"),
    instant("redeem_time"),
)

requests = Table(
    "requests",
    metadata,
    word("platform", primary_key=True),
    word("method", primary_key=True),
    word("request_id", primary_key=True),
    digest("fingerprint"),
    # Empty between the two transactions of a verification.
    sealed("answer", nullable=True),
    instant("create_time"),
    Index("requests_age", "create_time"),
)

outbox = Outbox(metadata)
trail = Trail(metadata)
