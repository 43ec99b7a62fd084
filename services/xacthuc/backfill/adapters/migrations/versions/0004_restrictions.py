"""Accounts that are made read-only by what two people agreed to (docs/backfill.md)."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE backfill.restrictions (
        platform text NOT NULL,
        campaign text NOT NULL,
        approval text NOT NULL,
        state text NOT NULL,
        accounts bigint NOT NULL,
        as_of_time timestamptz NOT NULL,
        taken bigint NOT NULL,
        ended bigint NOT NULL,
        restored bigint NOT NULL,
        create_time timestamptz NOT NULL,
        end_time timestamptz,
        reason text NOT NULL,
        PRIMARY KEY (platform, campaign, approval)
    )
    """,
    "ALTER TABLE backfill.targets ADD restriction text, ADD restriction_outcome text",
)


def upgrade() -> None:
    """Adds what is empty for everything before."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Removes both: identity keeps what was ended, and nobody here could give it back."""
    op.execute("ALTER TABLE backfill.targets DROP restriction_outcome, DROP restriction")
    op.execute("DROP TABLE backfill.restrictions")
