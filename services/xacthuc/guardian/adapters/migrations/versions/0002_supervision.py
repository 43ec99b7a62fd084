"""What children publish, what was consented to, and how far identity's events were followed."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = (
    """
    CREATE TABLE guardian.activities (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        platform text NOT NULL,
        child text NOT NULL,
        kind text NOT NULL,
        content_id text NOT NULL,
        occur_time timestamptz NOT NULL,
        CONSTRAINT activities_thing UNIQUE (platform, child, kind, content_id)
    )
    """,
    "CREATE INDEX activities_newest ON guardian.activities (platform, child, occur_time, id)",
    "CREATE INDEX activities_age ON guardian.activities (occur_time)",
    """
    CREATE TABLE guardian.child_assents (
        platform text NOT NULL,
        child text NOT NULL,
        feature text NOT NULL,
        child_text text,
        child_accept_time timestamptz,
        guardian_text text,
        guardian_accept_time timestamptz,
        guardian_link text,
        update_time timestamptz NOT NULL,
        PRIMARY KEY (platform, child, feature)
    )
    """,
    """
    CREATE TABLE guardian.cursors (
        stream text PRIMARY KEY,
        position bytea NOT NULL,
        update_time timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    """Creates them."""
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Not offered: it would lose who consented to what."""
    raise RuntimeError("there is no way back from revision 0002; restore a backup")
