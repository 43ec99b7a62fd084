"""Personal IDs, locks, guardians, imports and sign-ins; accounts, evidence and consents in partitions.

Adds only: what revision 0001 knows keeps its name and its meaning, and what is new has a default or may be empty, so that
processes of both versions run side by side.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PARTITIONS = 16
"""Of each partitioned table: 70 million accounts make some four million rows in each."""

HELD = ("accounts", "consents", "evidence", "requests", "number_claims")
"""Before the revision is committed nobody can use the first three, which are copied, a million accounts in 17 s, nor the
fourth, which gets a column, and nobody can write to the last, which is indexed."""

_PARTITIONED = {
    "accounts": """
        platform text NOT NULL,
        account text NOT NULL,
        kind text NOT NULL DEFAULT 'PERSON',
        person bytea NOT NULL,
        person_index bytea,
        complete boolean NOT NULL DEFAULT true,
        life text NOT NULL DEFAULT 'OPEN',
        close_time timestamptz,
        purge_time timestamptz,
        transition_until timestamptz,
        transition_basis text,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        PRIMARY KEY (platform, account)
    """,
    "consents": """
        platform text NOT NULL,
        account text NOT NULL,
        id bigint NOT NULL,
        kind text NOT NULL DEFAULT 'REGISTRATION',
        text_version text NOT NULL,
        accept_time timestamptz NOT NULL,
        record_time timestamptz NOT NULL,
        PRIMARY KEY (platform, account, id)
    """,
    "evidence": """
        platform text NOT NULL,
        account text NOT NULL,
        id bigint NOT NULL,
        kind text NOT NULL,
        source text NOT NULL,
        level text,
        transaction_id text,
        verify_time timestamptz NOT NULL,
        number bytea,
        number_index bytea,
        lapse_time timestamptz,
        lapse_reason text,
        PRIMARY KEY (platform, account, id)
    """,
}
_COPIED = {
    "accounts": "platform, account, person, create_time, update_time",
    "consents": "platform, account, id, text_version, accept_time, record_time",
    "evidence": "platform, account, id, kind, source, verify_time, number, number_index, lapse_time, lapse_reason",
}
"""What revision 0001 had."""

_NEW = (
    "CREATE INDEX accounts_purge ON identity.accounts (purge_time) WHERE purge_time IS NOT NULL",
    """
    CREATE TABLE identity.personal_id_claims (
        platform text NOT NULL,
        personal_id_index bytea NOT NULL,
        account text NOT NULL,
        verify_time timestamptz NOT NULL,
        PRIMARY KEY (platform, personal_id_index, account)
    )
    """,
    "CREATE INDEX personal_id_claims_account ON identity.personal_id_claims (platform, account)",
    "CREATE INDEX number_claims_account ON identity.number_claims (platform, account)",
    # Of requests that came before, nobody can tell any more whom they are about: those go with their 30 days.
    "ALTER TABLE identity.requests ADD COLUMN account text",
    "CREATE INDEX requests_account ON identity.requests (platform, account) WHERE account IS NOT NULL",
    """
    CREATE TABLE identity.number_moves (
        platform text NOT NULL,
        number_index bytea NOT NULL,
        move_time timestamptz NOT NULL,
        account text NOT NULL,
        PRIMARY KEY (platform, number_index, move_time)
    )
    """,
    "CREATE INDEX number_moves_age ON identity.number_moves (move_time)",
    """
    CREATE TABLE identity.personal_id_checks (
        platform text NOT NULL,
        account text NOT NULL,
        check_id text NOT NULL,
        evidence_id bigint NOT NULL,
        provider text NOT NULL,
        transaction_id text,
        compared boolean NOT NULL,
        create_time timestamptz NOT NULL,
        next_time timestamptz NOT NULL,
        PRIMARY KEY (platform, account)
    )
    """,
    """
    CREATE INDEX personal_id_checks_transaction ON identity.personal_id_checks (provider, transaction_id)
    WHERE transaction_id IS NOT NULL
    """,
    """
    CREATE TABLE identity.sign_ins (
        state_index bytea PRIMARY KEY,
        platform text NOT NULL,
        account text NOT NULL,
        provider text NOT NULL,
        flow bytea NOT NULL,
        expire_time timestamptz NOT NULL,
        used_by text
    )
    """,
    "CREATE INDEX sign_ins_age ON identity.sign_ins (expire_time)",
    "CREATE INDEX sign_ins_account ON identity.sign_ins (platform, account)",
    """
    CREATE TABLE identity.locks (
        platform text NOT NULL,
        account text NOT NULL,
        id bigint NOT NULL,
        basis text NOT NULL,
        create_time timestamptz NOT NULL,
        expire_time timestamptz,
        lift_time timestamptz,
        lift_basis text,
        PRIMARY KEY (platform, account, id)
    )
    """,
    """
    CREATE TABLE identity.guardians (
        platform text NOT NULL,
        child text NOT NULL,
        link text NOT NULL,
        account text NOT NULL,
        relation text NOT NULL,
        start_time timestamptz NOT NULL,
        PRIMARY KEY (platform, child, link)
    )
    """,
    "CREATE INDEX guardians_account ON identity.guardians (platform, account)",
    """
    CREATE TABLE identity.supervisions (
        platform text NOT NULL,
        child text NOT NULL,
        version bigint NOT NULL,
        suspended boolean NOT NULL,
        actions text[] NOT NULL,
        quiet_from smallint NOT NULL,
        quiet_to smallint NOT NULL,
        update_time timestamptz NOT NULL,
        PRIMARY KEY (platform, child)
    )
    """,
    """
    CREATE TABLE identity.import_batches (
        platform text NOT NULL,
        batch_id text NOT NULL,
        fingerprint bytea NOT NULL,
        verdicts bytea NOT NULL,
        create_time timestamptz NOT NULL,
        PRIMARY KEY (platform, batch_id)
    )
    """,
    "CREATE INDEX import_batches_age ON identity.import_batches (create_time)",
    """
    CREATE TABLE identity.cursors (
        stream text PRIMARY KEY,
        position bytea NOT NULL,
        update_time timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    """Partitions what grows with the accounts, and adds the rest."""
    for table, columns in _PARTITIONED.items():
        op.execute(f"ALTER TABLE identity.{table} RENAME TO {table}_whole")
        op.execute(f"ALTER INDEX identity.{table}_pkey RENAME TO {table}_whole_pkey")
        op.execute(f"CREATE TABLE identity.{table} ({columns}) PARTITION BY HASH (platform, account)")
        for remainder in range(PARTITIONS):
            op.execute(
                f"CREATE TABLE identity.{table}_{remainder:02d} PARTITION OF identity.{table} "
                f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {remainder})"
            )
        op.execute(
            f"INSERT INTO identity.{table} ({_COPIED[table]}) SELECT {_COPIED[table]} FROM identity.{table}_whole"  # noqa: S608 - constants
        )
        op.execute(f"DROP TABLE identity.{table}_whole")
    for statement in _NEW:
        op.execute(statement)
    for table in ("consents", "evidence", "locks"):
        _draw_ids(table)


def downgrade() -> None:
    """Not offered: removing personal IDs and locks would let accounts do more than the law does."""
    raise RuntimeError("there is no way back from revision 0002; restore a backup")


def _draw_ids(table: str) -> None:
    op.execute(f"CREATE SEQUENCE identity.{table}_id_seq OWNED BY identity.{table}.id")
    op.execute(
        f"SELECT setval('identity.{table}_id_seq', greatest(max(id), 1), max(id) IS NOT NULL) FROM identity.{table}"  # noqa: S608
    )
    op.execute(f"ALTER TABLE identity.{table} ALTER id SET DEFAULT nextval('identity.{table}_id_seq')")
