"""How often an invitation was made, and on which devices a child was seen (R18)."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UPGRADE = (
    "ALTER TABLE guardian.links ADD COLUMN repeats integer NOT NULL DEFAULT 0",
    """
    CREATE TABLE guardian.child_devices (
        platform text NOT NULL,
        child text NOT NULL,
        device text NOT NULL,
        create_time timestamptz NOT NULL,
        PRIMARY KEY (platform, child, device)
    )
    """,
)


def upgrade() -> None:
    """Adds both."""
    for statement in _UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    """Removes them."""
    op.execute("DROP TABLE guardian.child_devices")
    op.execute("ALTER TABLE guardian.links DROP COLUMN repeats")
