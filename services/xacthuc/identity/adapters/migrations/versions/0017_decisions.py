"""By when the law wants it decided what takes two people (R46)."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a column that is empty for whatever operators propose."""
    op.execute("ALTER TABLE identity.approvals ADD due_time timestamptz")


def downgrade() -> None:
    """Removes it, and what is overdue is counted no more."""
    op.execute("ALTER TABLE identity.approvals DROP due_time")
