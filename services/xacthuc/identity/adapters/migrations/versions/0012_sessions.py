"""The session log (docs/decisions/0028-locks.md). Its partitions, a month each, are made by the service as time goes on."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table without a partition."""
    op.execute(
        """
        CREATE TABLE identity.session_log (
            platform text NOT NULL,
            account text NOT NULL,
            time timestamptz NOT NULL,
            id bigint NOT NULL,
            kind text NOT NULL,
            origin bytea,
            content_id text,
            PRIMARY KEY (platform, account, time, id)
        ) PARTITION BY RANGE (time)
        """
    )
    op.execute("CREATE SEQUENCE identity.session_log_id_seq CACHE 1000 OWNED BY identity.session_log.id")
    op.execute("ALTER TABLE identity.session_log ALTER id SET DEFAULT nextval('identity.session_log_id_seq')")


def downgrade() -> None:
    """Not offered: the law orders the log kept."""
    raise RuntimeError("there is no way back from revision 0012; restore a backup")
