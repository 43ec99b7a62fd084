"""How far the events of identity have been dealt with."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table of cursors."""
    op.execute(
        """
        CREATE TABLE livestream.cursors (
            stream text PRIMARY KEY,
            position bytea NOT NULL,
            update_time timestamptz NOT NULL
        )
        """
    )


def downgrade() -> None:
    """Removes it; everything that runs is decided anew after the next upgrade."""
    op.execute("DROP TABLE livestream.cursors")
