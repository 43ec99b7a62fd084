"""What is due carries the trace it began in (decision 36)."""

from __future__ import annotations

from alembic import op

from xacthuc.jobs import schema as job_schema

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns, empty for what is there; a process that does not know them leaves them so."""
    op.execute(job_schema.version_2("backfill"))


def downgrade() -> None:
    """Removes them."""
    op.execute("ALTER TABLE backfill.jobs DROP trace")
