"""Which approvals of two people were used up for an export."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table of exports."""
    op.execute(
        """
        CREATE TABLE livestream.exports (
            approval text PRIMARY KEY,
            platform text NOT NULL,
            account text NOT NULL,
            request_id text NOT NULL,
            time timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX exports_time ON livestream.exports (time)")


def downgrade() -> None:
    """Removes it; approvals that were used up could be used again."""
    op.execute("DROP TABLE livestream.exports")
