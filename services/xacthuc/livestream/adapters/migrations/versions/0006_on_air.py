"""Finds what an account has on air."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the index: it has what runs now, so that it is small and made at once."""
    op.execute(
        "CREATE INDEX broadcasts_on_air ON livestream.broadcasts (platform, account, broadcast) WHERE state = 'LIVE'"
    )


def downgrade() -> None:
    """Removes it."""
    op.execute("DROP INDEX livestream.broadcasts_on_air")
