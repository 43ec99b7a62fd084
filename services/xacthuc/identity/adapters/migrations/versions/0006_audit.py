"""The sealed audit trail (docs/decisions/0025-audit.md)."""

from __future__ import annotations

from alembic import op

from xacthuc.audit import schema

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

HELD = ("audit",)
"""Nobody can write to it while its entries are queued and its times are indexed: a million in some seconds."""


def upgrade() -> None:
    """Creates queue, seals and triggers; entries that are there already are queued."""
    for statement in schema.version_1("identity"):
        op.execute(statement)


def downgrade() -> None:
    """Removes them, and every seal."""
    op.execute("DROP TABLE identity.audit_unsealed, identity.audit_seals, identity.audit_pruned")
    op.execute("DROP INDEX identity.audit_time")
    op.execute("DROP FUNCTION identity.audit_queue, identity.audit_keep CASCADE")
