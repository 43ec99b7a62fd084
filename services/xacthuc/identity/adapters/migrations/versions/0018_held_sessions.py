"""Entries of the session log that a legal hold keeps beyond their month (docs/locks.md)."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds their table."""
    op.execute(
        """
        CREATE TABLE identity.held_sessions (
            platform text NOT NULL,
            account text NOT NULL,
            time timestamptz NOT NULL,
            id bigint NOT NULL,
            kind text NOT NULL,
            origin bytea,
            content_id text,
            PRIMARY KEY (platform, account, time, id)
        )
        """
    )
    op.execute("CREATE INDEX held_sessions_time ON identity.held_sessions (time)")


def downgrade() -> None:
    """Not offered: an authority ordered them kept."""
    raise RuntimeError("there is no way back from revision 0018; restore a backup")
