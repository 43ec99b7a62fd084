"""What authorities ask for of accounts, and the documents made of it (docs/authorities.md)."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE identity.releases (
        platform text NOT NULL,
        release text NOT NULL,
        accounts text[] NOT NULL,
        authority text NOT NULL,
        legal_basis text NOT NULL,
        reference text NOT NULL,
        receive_time timestamptz NOT NULL,
        emergency boolean NOT NULL,
        fields text[] NOT NULL,
        due_time timestamptz NOT NULL,
        create_time timestamptz NOT NULL,
        approval text,
        proposer text,
        approver text,
        made_fields text[],
        make_time timestamptz,
        fetch_until timestamptz,
        fetcher text,
        fetch_request text,
        fetch_time timestamptz,
        repeat_until timestamptz,
        close_time timestamptz,
        close_reason text NOT NULL,
        end_time timestamptz,
        PRIMARY KEY (platform, release)
    )
    """,
    "CREATE INDEX releases_open ON identity.releases (due_time) WHERE end_time IS NULL",
    "CREATE INDEX releases_ended ON identity.releases (end_time) WHERE end_time IS NOT NULL",
    """
    CREATE TABLE identity.release_documents (
        approval text PRIMARY KEY,
        platform text NOT NULL,
        release text NOT NULL,
        document bytea NOT NULL,
        make_time timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    """Adds them."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Not offered: the law orders on record what was released."""
    raise RuntimeError("there is no way back from revision 0015; restore a backup")
