"""Finds what is on record of broadcasts that are over."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the index of them."""
    op.execute("CREATE INDEX broadcasts_over ON livestream.broadcasts (create_time) WHERE state <> 'LIVE'")


def downgrade() -> None:
    """Removes it."""
    op.execute("DROP INDEX livestream.broadcasts_over")
