"""Violations that are counted, and locks that bind a person's accounts."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

HELD = ("locks",)
"""Indexed while nobody may write to it: it has a row for each account that was ever locked, a few in a thousand."""

_STATEMENTS = (
    "ALTER TABLE identity.locks ADD lock_id text, ADD bound_to text",
    "CREATE INDEX locks_lock ON identity.locks (platform, lock_id) WHERE lock_id IS NOT NULL",
    """
    CREATE TABLE identity.violations (
        platform text NOT NULL,
        account text NOT NULL,
        id bigserial,
        authority text NOT NULL,
        order_number text NOT NULL,
        national_security boolean NOT NULL,
        violate_time timestamptz NOT NULL,
        record_time timestamptz NOT NULL,
        lock_id text,
        withdraw_time timestamptz,
        withdraw_basis text,
        PRIMARY KEY (platform, account, id)
    )
    """,
    """
    CREATE TABLE identity.lock_identities (
        platform text NOT NULL,
        account text NOT NULL,
        id bigserial,
        lock_id text NOT NULL,
        kind text NOT NULL,
        value_index bytea,
        person_index bytea,
        expire_time timestamptz,
        PRIMARY KEY (platform, account, id)
    )
    """,
    "CREATE INDEX lock_identities_value ON identity.lock_identities (platform, value_index)",
    "CREATE INDEX lock_identities_lock ON identity.lock_identities (platform, lock_id)",
)


def upgrade() -> None:
    """Adds to locks what several rows of one lock have in common, and makes both tables."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Not offered: whoever was locked on several accounts could write again."""
    raise RuntimeError("there is no way back from revision 0007; restore a backup")
