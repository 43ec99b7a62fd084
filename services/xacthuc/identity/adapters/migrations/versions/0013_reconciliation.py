"""Runs over accounts that stand on a number, and what they found (docs/reconciliation.md)."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE identity.reconciliations (
        run text PRIMARY KEY,
        platform text NOT NULL,
        sources text[] NOT NULL,
        dry_run boolean NOT NULL,
        per_second integer NOT NULL,
        state text NOT NULL,
        actor text NOT NULL,
        done_platform text NOT NULL,
        done_account text NOT NULL,
        account_count bigint,
        counts jsonb NOT NULL,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        end_time timestamptz
    )
    """,
    "CREATE INDEX reconciliations_running ON identity.reconciliations (create_time) WHERE state = 'RUNNING'",
    """
    CREATE TABLE identity.reconciliation_findings (
        run text NOT NULL,
        platform text NOT NULL,
        account text NOT NULL,
        kind text NOT NULL,
        source text NOT NULL,
        observe_time timestamptz NOT NULL,
        full_name_match text NOT NULL,
        birth_date_match text NOT NULL,
        personal_id_match text NOT NULL,
        action text NOT NULL,
        applied boolean NOT NULL,
        create_time timestamptz NOT NULL,
        PRIMARY KEY (run, platform, account, kind, source)
    )
    """,
    "CREATE INDEX reconciliation_findings_account ON identity.reconciliation_findings (platform, account)",
    "CREATE INDEX reconciliation_findings_age ON identity.reconciliation_findings (create_time)",
)


def upgrade() -> None:
    """Adds them."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Removes them, and what was found."""
    op.execute("DROP TABLE identity.reconciliations, identity.reconciliation_findings")
