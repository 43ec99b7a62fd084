"""Broadcasters, broadcasts, what was decided and declared about them, requests, the audit trail, the outbox and jobs."""

from __future__ import annotations

from alembic import op

from xacthuc.audit import schema as audit_schema
from xacthuc.jobs import schema as job_schema
from xacthuc.sql import schema as sql_schema

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """
    CREATE TABLE livestream.broadcasters (
        platform text NOT NULL,
        account text NOT NULL,
        heard bigint NOT NULL,
        PRIMARY KEY (platform, account)
    )
    """,
    """
    CREATE TABLE livestream.broadcasts (
        platform text NOT NULL,
        broadcast text NOT NULL,
        account text NOT NULL,
        state text NOT NULL,
        commerce text NOT NULL,
        decisions integer NOT NULL,
        declarations integer NOT NULL,
        create_time timestamptz NOT NULL,
        authorize_time timestamptz,
        grant_time timestamptz,
        close_time timestamptz,
        review_time timestamptz,
        revoke_time timestamptz,
        end_time timestamptz,
        end_reason text,
        PRIMARY KEY (platform, broadcast)
    )
    """,
    "CREATE INDEX broadcasts_account ON livestream.broadcasts (platform, account, broadcast)",
    "CREATE INDEX broadcasts_live ON livestream.broadcasts (platform, broadcast) WHERE state = 'LIVE'",
    "CREATE INDEX broadcasts_close ON livestream.broadcasts (close_time) WHERE state = 'LIVE'",
    "CREATE INDEX broadcasts_review ON livestream.broadcasts (review_time) WHERE state = 'LIVE' AND review_time IS NOT NULL",
    """
    CREATE TABLE livestream.decisions (
        platform text NOT NULL,
        broadcast text NOT NULL,
        number integer NOT NULL,
        account text NOT NULL,
        cause text NOT NULL,
        ruling text NOT NULL,
        commerce text NOT NULL,
        reason text NOT NULL,
        legal_basis text NOT NULL,
        policy_version text NOT NULL,
        personal_id_time timestamptz,
        personal_id_source text NOT NULL,
        time timestamptz NOT NULL,
        PRIMARY KEY (platform, broadcast, number)
    )
    """,
    """
    CREATE TABLE livestream.declarations (
        platform text NOT NULL,
        broadcast text NOT NULL,
        number integer NOT NULL,
        kind text NOT NULL,
        product_id text NOT NULL,
        show_time timestamptz NOT NULL,
        time timestamptz NOT NULL,
        PRIMARY KEY (platform, broadcast, number)
    )
    """,
    *sql_schema.requests_1("livestream"),
    *sql_schema.outbox_1("livestream"),
    *audit_schema.entries_1("livestream"),
    *audit_schema.version_1("livestream"),
    *job_schema.version_1("livestream"),
)


def upgrade() -> None:
    """Creates everything."""
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Removes everything; only for a database without data worth keeping."""
    op.execute(
        "DROP TABLE livestream.job_attempts, livestream.jobs, livestream.audit_pruned, livestream.audit_seals,"
        " livestream.audit_unsealed, livestream.audit, livestream.outbox_head, livestream.outbox, livestream.requests,"
        " livestream.declarations, livestream.decisions, livestream.broadcasts, livestream.broadcasters"
    )
    op.execute("DROP FUNCTION livestream.audit_queue(), livestream.audit_keep()")
