"""Graces of the law that were ended before their time, and when they were to end (docs/backfill.md)."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds what is empty for every account."""
    op.execute("ALTER TABLE identity.accounts ADD transition_approval text, ADD transition_before timestamptz")


def downgrade() -> None:
    """Removes both: what was ended stays ended."""
    op.execute("ALTER TABLE identity.accounts DROP transition_before, DROP transition_approval")
