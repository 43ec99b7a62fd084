"""Operators, their sessions, and the ways to one (docs/decisions/0027-staff.md)."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TABLES = (
    """
    CREATE TABLE identity.operators (
        operator text PRIMARY KEY,
        display_name text NOT NULL,
        roles text[] NOT NULL,
        state text NOT NULL,
        issuer text,
        subject text,
        email text,
        create_time timestamptz NOT NULL,
        request_id text NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX operators_subject ON identity.operators (issuer, subject) WHERE state = 'ACTIVE'",
    """
    CREATE TABLE identity.staff_sessions (
        session text PRIMARY KEY,
        operator text NOT NULL,
        roles text[] NOT NULL,
        sha256 bytea NOT NULL,
        state text NOT NULL,
        means text NOT NULL,
        create_time timestamptz NOT NULL,
        expire_time timestamptz NOT NULL,
        idle_seconds integer NOT NULL,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX staff_sessions_newest ON identity.staff_sessions (create_time, session)",
    """
    CREATE TABLE identity.staff_sign_ins (
        state_index bytea PRIMARY KEY,
        flow bytea NOT NULL,
        expire_time timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE identity.break_glass_tries (
        request_id text NOT NULL,
        time timestamptz NOT NULL,
        PRIMARY KEY (request_id, time)
    )
    """,
)


def upgrade() -> None:
    """Creates the tables."""
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Removes them: nobody is an operator any more."""
    op.execute(
        "DROP TABLE identity.break_glass_tries, identity.staff_sign_ins, identity.staff_sessions, identity.operators"
    )
