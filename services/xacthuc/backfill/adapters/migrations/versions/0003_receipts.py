"""What is heard of notices, who carried them, on which other accounts a number stands, and who is still asked."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

HELD = ("targets",)
"""Indexed while no campaign may write; there is no large installation yet."""

_STATEMENTS = (
    "ALTER TABLE backfill.asks ADD provider text",
    "CREATE INDEX targets_person ON backfill.targets (platform, campaign, person) WHERE person IS NOT NULL",
    "CREATE INDEX targets_open ON backfill.targets (platform, campaign) WHERE state = 'OPEN'",
    """
    CREATE TABLE backfill.receipts (
        platform text NOT NULL,
        notice text NOT NULL,
        word text NOT NULL,
        provider text NOT NULL,
        vnd bigint NOT NULL,
        look_time timestamptz NOT NULL,
        create_time timestamptz NOT NULL,
        PRIMARY KEY (platform, notice, word)
    )
    """,
    "CREATE INDEX receipts_look ON backfill.receipts (look_time)",
    "CREATE INDEX receipts_age ON backfill.receipts (create_time)",
)


def upgrade() -> None:
    """Adds them."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Removes them."""
    op.execute("DROP TABLE backfill.receipts")
    op.execute("DROP INDEX backfill.targets_person, backfill.targets_open")
    op.execute("ALTER TABLE backfill.asks DROP COLUMN provider")
