"""How long links are over: they are looked for hourly, to be forgotten."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds an index."""
    op.execute("CREATE INDEX links_age ON guardian.links (update_time)")


def downgrade() -> None:
    """Removes it."""
    op.execute("DROP INDEX guardian.links_age")
