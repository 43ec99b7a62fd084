"""Where the outbox begins, and under what its positions are hidden (docs/decisions/0026-events.md)."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HELD = ("outbox_head",)
"""A chance drawn for each row makes PostgreSQL copy the table, which has one."""

_UPGRADE = (
    "ALTER TABLE identity.outbox_head ADD COLUMN forgotten_position bigint NOT NULL DEFAULT 0",
    # 244 random bits of two version 4 UUIDs, hashed to the 32 bytes of a key.
    """
    ALTER TABLE identity.outbox_head ADD COLUMN secret bytea NOT NULL
        DEFAULT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
    """,
)


def upgrade() -> None:
    """Adds both to the one row there is."""
    for statement in _UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    """Removes them; cursors that were given out are good for nothing then."""
    op.execute("ALTER TABLE identity.outbox_head DROP COLUMN forgotten_position, DROP COLUMN secret")
