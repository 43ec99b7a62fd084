"""What takes two people (docs/staff.md)."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table of approvals."""
    op.execute(
        """
        CREATE TABLE identity.approvals (
            approval text PRIMARY KEY,
            platform text NOT NULL,
            kind text NOT NULL,
            parameters jsonb NOT NULL,
            reason text NOT NULL,
            proposer text NOT NULL,
            request_id text NOT NULL,
            state text NOT NULL,
            create_time timestamptz NOT NULL,
            expire_time timestamptz NOT NULL,
            decider text,
            decision_reason text,
            decide_time timestamptz,
            end_time timestamptz,
            result jsonb,
            failure text
        )
        """
    )
    op.execute("CREATE INDEX approvals_newest ON identity.approvals (create_time, approval)")
    op.execute("CREATE UNIQUE INDEX approvals_request ON identity.approvals (platform, request_id)")


def downgrade() -> None:
    """Removes it, and who agreed to what."""
    op.execute("DROP TABLE identity.approvals")
