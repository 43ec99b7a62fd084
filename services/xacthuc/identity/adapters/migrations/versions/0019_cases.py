"""Orders of authorities and complaints of users (docs/authorities.md)."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE identity.cases (
        platform text NOT NULL,
        case_id text NOT NULL,
        kind text NOT NULL,
        reference text NOT NULL,
        emergency boolean NOT NULL,
        receive_time timestamptz NOT NULL,
        due_time timestamptz NOT NULL,
        close_time timestamptz,
        outcome text NOT NULL,
        PRIMARY KEY (platform, case_id)
    )
    """,
    "CREATE INDEX cases_open ON identity.cases (due_time) WHERE close_time IS NULL",
    "CREATE INDEX cases_closed ON identity.cases (close_time) WHERE close_time IS NOT NULL",
)


def upgrade() -> None:
    """Adds them."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Removes them, and by when they are due."""
    op.execute("DROP TABLE identity.cases")
