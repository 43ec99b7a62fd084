"""Platforms and keys, accounts and their evidence, claims on numbers, requests, the audit trail and the outbox."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """
    CREATE TABLE identity.platforms (
        platform text PRIMARY KEY,
        display_name text NOT NULL,
        create_time timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE identity.platform_keys (
        platform text NOT NULL CONSTRAINT platform_keys_platform REFERENCES identity.platforms (platform),
        key_id text NOT NULL,
        sha256 bytea NOT NULL,
        scopes text[] NOT NULL,
        state text NOT NULL,
        create_time timestamptz NOT NULL,
        expire_time timestamptz,
        version integer NOT NULL,
        PRIMARY KEY (platform, key_id)
    )
    """,
    """
    CREATE TABLE identity.accounts (
        platform text NOT NULL,
        account text NOT NULL,
        person bytea NOT NULL,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        PRIMARY KEY (platform, account)
    )
    """,
    """
    CREATE TABLE identity.consents (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        platform text NOT NULL,
        account text NOT NULL,
        text_version text NOT NULL,
        accept_time timestamptz NOT NULL,
        record_time timestamptz NOT NULL
    )
    """,
    "CREATE INDEX consents_account ON identity.consents (platform, account)",
    """
    CREATE TABLE identity.evidence (
        platform text NOT NULL,
        account text NOT NULL,
        id bigint GENERATED ALWAYS AS IDENTITY,
        kind text NOT NULL,
        source text NOT NULL,
        verify_time timestamptz NOT NULL,
        number bytea,
        number_index bytea,
        lapse_time timestamptz,
        lapse_reason text,
        PRIMARY KEY (platform, account, id)
    )
    """,
    """
    CREATE TABLE identity.number_claims (
        platform text NOT NULL,
        number_index bytea NOT NULL,
        account text NOT NULL,
        verify_time timestamptz NOT NULL,
        PRIMARY KEY (platform, number_index, account)
    )
    """,
    """
    CREATE TABLE identity.proofs (
        proof_id text PRIMARY KEY,
        platform text NOT NULL,
        account text NOT NULL,
        redeem_time timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE identity.requests (
        platform text NOT NULL,
        method text NOT NULL,
        request_id text NOT NULL,
        fingerprint bytea NOT NULL,
        answer bytea,
        create_time timestamptz NOT NULL,
        PRIMARY KEY (platform, method, request_id)
    )
    """,
    "CREATE INDEX requests_age ON identity.requests (create_time)",
    """
    CREATE TABLE identity.audit (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        tag text NOT NULL,
        time timestamptz NOT NULL,
        platform text NOT NULL,
        subject text NOT NULL,
        actor text NOT NULL,
        request_id text NOT NULL,
        trace_id text NOT NULL,
        detail jsonb NOT NULL
    )
    """,
    "CREATE INDEX audit_subject ON identity.audit (platform, subject, id)",
    """
    CREATE TABLE identity.outbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        platform text NOT NULL,
        subject text NOT NULL,
        kind text NOT NULL,
        time timestamptz NOT NULL,
        detail jsonb NOT NULL,
        position bigint CONSTRAINT outbox_position UNIQUE
    )
    """,
    "CREATE INDEX outbox_unplaced ON identity.outbox (id) WHERE position IS NULL",
    "CREATE TABLE identity.outbox_head (position bigint NOT NULL)",
    "INSERT INTO identity.outbox_head VALUES (0)",
)


def upgrade() -> None:
    """Creates everything."""
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Removes everything; only for a database without data worth keeping."""
    for table in (
        "outbox_head",
        "outbox",
        "audit",
        "requests",
        "proofs",
        "number_claims",
        "evidence",
        "consents",
        "accounts",
        "platform_keys",
        "platforms",
    ):
        op.execute(f"DROP TABLE identity.{table}")
