"""Why a reconciliation could not go on (docs/reconciliation.md)."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds it, empty for every run so far."""
    op.execute("ALTER TABLE identity.reconciliations ADD COLUMN failure text")


def downgrade() -> None:
    """Removes it. A run that failed would be of a state that nobody knows."""
    op.execute("UPDATE identity.reconciliations SET state = 'CANCELED' WHERE state = 'FAILED'")
    op.execute("ALTER TABLE identity.reconciliations DROP COLUMN failure")
