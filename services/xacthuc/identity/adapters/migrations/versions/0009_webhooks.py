"""Webhooks, their secrets, and what is on its way to them (docs/webhooks.md)."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TABLES = (
    """
    CREATE TABLE identity.webhooks (
        platform text NOT NULL,
        webhook text NOT NULL,
        address text NOT NULL,
        kinds text[] NOT NULL,
        state text NOT NULL,
        create_time timestamptz NOT NULL,
        failing_since timestamptz,
        PRIMARY KEY (platform, webhook)
    )
    """,
    """
    CREATE TABLE identity.webhook_secrets (
        platform text NOT NULL,
        webhook text NOT NULL,
        secret_id text NOT NULL,
        secret bytea NOT NULL,
        create_time timestamptz NOT NULL,
        expire_time timestamptz,
        PRIMARY KEY (platform, webhook, secret_id)
    )
    """,
    """
    CREATE TABLE identity.webhook_deliveries (
        platform text NOT NULL,
        webhook text NOT NULL,
        event text NOT NULL,
        position bigint NOT NULL,
        number smallint NOT NULL,
        kind text NOT NULL,
        account text NOT NULL,
        event_time timestamptz NOT NULL,
        details jsonb NOT NULL,
        state text NOT NULL,
        attempts bigint NOT NULL,
        last_outcome text,
        last_status smallint NOT NULL,
        last_time timestamptz,
        create_time timestamptz NOT NULL,
        PRIMARY KEY (platform, webhook, event)
    )
    """,
    """
    CREATE INDEX webhook_deliveries_newest
        ON identity.webhook_deliveries (platform, webhook, position, number)
    """,
    """
    CREATE INDEX webhook_deliveries_pending ON identity.webhook_deliveries (create_time) WHERE state = 'PENDING'
    """,
    "CREATE INDEX webhook_deliveries_age ON identity.webhook_deliveries (create_time)",
)


def upgrade() -> None:
    """Creates the tables."""
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Removes them; nobody is told of anything any more."""
    op.execute("DROP TABLE identity.webhook_deliveries, identity.webhook_secrets, identity.webhooks")
