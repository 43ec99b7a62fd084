"""Lists of numbers that operators and regulators send (docs/reconciliation.md)."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE identity.number_lists (
        list text PRIMARY KEY,
        digest text NOT NULL,
        kind text NOT NULL,
        source text NOT NULL,
        dry_run boolean NOT NULL,
        actor text NOT NULL,
        row_count bigint NOT NULL,
        counts jsonb NOT NULL,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        complete_time timestamptz
    )
    """,
    "CREATE INDEX number_lists_age ON identity.number_lists (update_time)",
)


def upgrade() -> None:
    """Adds it."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Removes it, and how far imports have come."""
    op.execute("DROP TABLE identity.number_lists")
