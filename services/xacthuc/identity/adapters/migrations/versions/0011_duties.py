"""Demands of data subjects, and breaches (docs/retention.md)."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE identity.subject_requests (
        platform text NOT NULL,
        request text NOT NULL,
        account text NOT NULL,
        demand text NOT NULL,
        elsewhere boolean NOT NULL,
        receive_time timestamptz NOT NULL,
        acknowledge_due_time timestamptz NOT NULL,
        due_time timestamptz NOT NULL,
        acknowledge_time timestamptz,
        extend_time timestamptz,
        extend_reason text NOT NULL,
        end_time timestamptz,
        refusal_basis text NOT NULL,
        PRIMARY KEY (platform, request)
    )
    """,
    "CREATE INDEX subject_requests_account ON identity.subject_requests (platform, account)",
    "CREATE INDEX subject_requests_open ON identity.subject_requests (due_time) WHERE end_time IS NULL",
    "CREATE INDEX subject_requests_ended ON identity.subject_requests (end_time) WHERE end_time IS NOT NULL",
    """
    CREATE TABLE identity.breaches (
        breach text PRIMARY KEY,
        detect_time timestamptz NOT NULL,
        due_time timestamptz NOT NULL,
        nature text NOT NULL,
        data_kinds text NOT NULL,
        subject_count bigint NOT NULL,
        consequences text NOT NULL,
        measures text NOT NULL,
        contact text NOT NULL,
        notify_time timestamptz,
        reference text NOT NULL
    )
    """,
)


def upgrade() -> None:
    """Adds them."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Removes them, and what was promised to whom."""
    op.execute("DROP TABLE identity.subject_requests, identity.breaches")
