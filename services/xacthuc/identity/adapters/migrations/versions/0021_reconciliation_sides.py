"""What each side of a comparison says, beside what they say together (docs/reconciliation.md)."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_COLUMNS = tuple(
    f"{side}_{detail}_match"
    for side in ("subscriber", "identity")
    for detail in ("full_name", "birth_date", "personal_id")
)


def upgrade() -> None:
    """Adds them. Of findings so far nobody wrote down who said what."""
    added = ", ".join(f"ADD COLUMN {column} text NOT NULL DEFAULT 'UNKNOWN'" for column in _COLUMNS)
    op.execute(f"ALTER TABLE identity.reconciliation_findings {added}")


def downgrade() -> None:
    """Removes them."""
    removed = ", ".join(f"DROP COLUMN {column}" for column in _COLUMNS)
    op.execute(f"ALTER TABLE identity.reconciliation_findings {removed}")
