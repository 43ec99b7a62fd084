"""Only links that are over are looked for by their age; invitations end by their jobs."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the one that is read, and drops the two that are not."""
    op.execute(
        "CREATE INDEX links_over ON guardian.links (update_time) WHERE state IN ('DECLINED', 'EXPIRED', 'ENDED')"
    )
    op.execute("DROP INDEX guardian.links_age")
    op.execute("DROP INDEX guardian.links_waiting")


def downgrade() -> None:
    """Turns it back."""
    op.execute("CREATE INDEX links_age ON guardian.links (update_time)")
    op.execute("CREATE INDEX links_waiting ON guardian.links (expire_time) WHERE state = 'INVITED'")
    op.execute("DROP INDEX guardian.links_over")
