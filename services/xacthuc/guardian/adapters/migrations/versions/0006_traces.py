"""What happened and what is due carry the trace they began in (decision 36)."""

from __future__ import annotations

from alembic import op

from xacthuc.jobs import schema as job_schema
from xacthuc.sql import schema as sql_schema

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns, empty for what is there; a process that does not know them leaves them so."""
    op.execute(sql_schema.outbox_2("guardian"))
    op.execute(job_schema.version_2("guardian"))


def downgrade() -> None:
    """Removes them."""
    op.execute("ALTER TABLE guardian.jobs DROP trace")
    op.execute("ALTER TABLE guardian.outbox DROP trace")
