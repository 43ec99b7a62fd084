"""What a campaign does is linked to the call that started it (decision 36)."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column, empty for what was started before; a process that does not know it leaves it so."""
    op.execute("ALTER TABLE backfill.campaigns ADD trace text")


def downgrade() -> None:
    """Removes it."""
    op.execute("ALTER TABLE backfill.campaigns DROP trace")
