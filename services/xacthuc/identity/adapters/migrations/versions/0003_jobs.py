"""Durable jobs (docs/decisions/0020-durable-jobs.md)."""

from __future__ import annotations

from alembic import op

from xacthuc.jobs import schema

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables of jobs and attempts."""
    for statement in schema.version_1("identity"):
        op.execute(statement)


def downgrade() -> None:
    """Removes them, and what was still to be done."""
    op.execute("DROP TABLE identity.job_attempts, identity.jobs")
