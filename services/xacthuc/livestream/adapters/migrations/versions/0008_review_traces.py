"""Deciding anew goes on with the trace of what was heard of the account (decision 36)."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column, empty for whom nothing was heard of since; a process that does not know it leaves it so."""
    op.execute("ALTER TABLE livestream.broadcasters ADD trace text")


def downgrade() -> None:
    """Removes it."""
    op.execute("ALTER TABLE livestream.broadcasters DROP trace")
