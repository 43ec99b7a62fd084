"""From which device a number was proven, and guardians who are not of age after all (docs/guardians.md)."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds both. Whoever answers already was judged when they came to."""
    op.execute("ALTER TABLE identity.evidence ADD device_index bytea")
    op.execute("ALTER TABLE identity.guardians ADD of_age boolean NOT NULL DEFAULT true")


def downgrade() -> None:
    """Removes both."""
    op.execute("ALTER TABLE identity.guardians DROP of_age")
    op.execute("ALTER TABLE identity.evidence DROP device_index")
