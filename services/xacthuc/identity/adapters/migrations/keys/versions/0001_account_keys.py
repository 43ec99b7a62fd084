"""The accounts' keys, wrapped; or that a key was destroyed."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_PARTITIONS = 8


def upgrade() -> None:
    """Creates the table, in partitions so that none of them outgrows what one vacuum takes in a night."""
    op.execute(
        """
        CREATE TABLE identity_keys.account_keys (
            platform text NOT NULL,
            account text NOT NULL,
            wrapped bytea,
            create_time timestamptz NOT NULL,
            destroy_time timestamptz,
            PRIMARY KEY (platform, account),
            CONSTRAINT account_keys_wrapped_or_destroyed CHECK ((wrapped IS NULL) = (destroy_time IS NOT NULL))
        ) PARTITION BY HASH (platform, account)
        """
    )
    for remainder in range(_PARTITIONS):
        op.execute(
            f"CREATE TABLE identity_keys.account_keys_{remainder} PARTITION OF identity_keys.account_keys"
            f" FOR VALUES WITH (MODULUS {_PARTITIONS}, REMAINDER {remainder})"
        )


def downgrade() -> None:
    """Removes every key: whatever they sealed is lost."""
    op.execute("DROP TABLE identity_keys.account_keys")
