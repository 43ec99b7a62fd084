"""Who asked for an export, and alone may ask again."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; a process of before leaves it empty, and nobody may repeat its exports."""
    op.execute("ALTER TABLE livestream.exports ADD COLUMN actor text NOT NULL DEFAULT ''")


def downgrade() -> None:
    """Removes it."""
    op.execute("ALTER TABLE livestream.exports DROP COLUMN actor")
