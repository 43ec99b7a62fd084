"""What the service proposes, operators adopt, and two people lock and unlock by (docs/decisions/0028-locks.md)."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE identity.locks ADD approval text",
    "ALTER TABLE identity.violations ADD approval text",
    "ALTER TABLE identity.approvals ADD adopter text, ADD adopt_time timestamptz",
    # What was refused, withdrawn or ran out had no end, so that its clock never started.
    """
    UPDATE identity.approvals SET end_time = COALESCE(decide_time, expire_time)
    WHERE end_time IS NULL AND state IN ('REFUSED', 'WITHDRAWN', 'EXPIRED')
    """,
)


def upgrade() -> None:
    """Adds columns that are empty for everything before."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Not offered: one person could lift what two had locked."""
    raise RuntimeError("there is no way back from revision 0014; restore a backup")
