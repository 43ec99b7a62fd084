"""Children, links and their history, disputes, requests, the audit trail, the outbox and jobs."""

from __future__ import annotations

from alembic import op

from xacthuc.audit import schema as audit_schema
from xacthuc.jobs import schema as job_schema
from xacthuc.sql import schema as sql_schema

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """
    CREATE TABLE guardian.children (
        platform text NOT NULL,
        child text NOT NULL,
        version bigint NOT NULL,
        suspended boolean NOT NULL,
        actions text[] NOT NULL,
        quiet_from smallint NOT NULL,
        quiet_to smallint NOT NULL,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        PRIMARY KEY (platform, child)
    )
    """,
    """
    CREATE TABLE guardian.links (
        platform text NOT NULL,
        link text NOT NULL,
        id bigint GENERATED ALWAYS AS IDENTITY,
        child text NOT NULL,
        guardian text,
        invited_account text,
        invited_number bytea,
        relation text NOT NULL,
        state text NOT NULL,
        end_cause text,
        text_version text,
        accept_time timestamptz,
        ward_ground text,
        expire_time timestamptz NOT NULL,
        confirm_time timestamptz,
        start_time timestamptz,
        end_time timestamptz,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        PRIMARY KEY (platform, link)
    )
    """,
    "CREATE INDEX links_child ON guardian.links (platform, child, id)",
    "CREATE INDEX links_guardian ON guardian.links (platform, guardian, id) WHERE guardian IS NOT NULL",
    "CREATE INDEX links_number ON guardian.links (platform, invited_number, create_time) WHERE invited_number IS NOT NULL",
    "CREATE INDEX links_invited ON guardian.links (platform, invited_account, create_time) WHERE invited_account IS NOT NULL",
    "CREATE INDEX links_waiting ON guardian.links (expire_time) WHERE state = 'INVITED'",
    """
    CREATE TABLE guardian.link_changes (
        platform text NOT NULL,
        link text NOT NULL,
        number integer NOT NULL,
        state text NOT NULL,
        actor text NOT NULL,
        change_time timestamptz NOT NULL,
        PRIMARY KEY (platform, link, number)
    )
    """,
    """
    CREATE TABLE guardian.disputes (
        platform text NOT NULL,
        dispute text NOT NULL,
        id bigint GENERATED ALWAYS AS IDENTITY,
        link text NOT NULL,
        child text NOT NULL,
        cause text NOT NULL,
        state text NOT NULL,
        basis text NOT NULL,
        resolver text,
        resolve_basis text,
        create_time timestamptz NOT NULL,
        resolve_time timestamptz,
        PRIMARY KEY (platform, dispute)
    )
    """,
    "CREATE INDEX disputes_link ON guardian.disputes (platform, link, id)",
    "CREATE INDEX disputes_open ON guardian.disputes (platform, id) WHERE state = 'OPEN'",
    "CREATE INDEX disputes_all ON guardian.disputes (platform, id)",
    *sql_schema.requests_1("guardian"),
    *sql_schema.outbox_1("guardian"),
    *audit_schema.entries_1("guardian"),
    *audit_schema.version_1("guardian"),
    *job_schema.version_1("guardian"),
)


def upgrade() -> None:
    """Creates everything."""
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Removes everything; only for a database without data worth keeping."""
    op.execute(
        "DROP TABLE guardian.job_attempts, guardian.jobs, guardian.audit_pruned, guardian.audit_seals,"
        " guardian.audit_unsealed, guardian.audit, guardian.outbox_head, guardian.outbox, guardian.requests,"
        " guardian.disputes, guardian.link_changes, guardian.links, guardian.children"
    )
    op.execute("DROP FUNCTION guardian.audit_queue(), guardian.audit_keep()")
