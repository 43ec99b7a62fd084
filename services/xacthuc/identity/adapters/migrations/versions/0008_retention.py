"""Legal holds, the evidence of erasures, and what finds rows whose time is over (docs/retention.md)."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

HELD = ("evidence", "locks", "proofs", "violations", "lock_identities")
"""Nobody can write to these while they are indexed: some seconds for a million rows."""

_STATEMENTS = (
    """
    CREATE TABLE identity.holds (
        platform text NOT NULL,
        hold text NOT NULL,
        authority text NOT NULL,
        legal_basis text NOT NULL,
        reference text NOT NULL,
        review_time timestamptz NOT NULL,
        place_actor text NOT NULL,
        place_time timestamptz NOT NULL,
        release_time timestamptz,
        release_basis text,
        release_actor text,
        PRIMARY KEY (platform, hold)
    )
    """,
    "CREATE INDEX holds_standing ON identity.holds (review_time) WHERE release_time IS NULL",
    "CREATE INDEX holds_released ON identity.holds (release_time) WHERE release_time IS NOT NULL",
    """
    CREATE TABLE identity.held_accounts (
        platform text NOT NULL,
        account text NOT NULL,
        hold text NOT NULL,
        place_time timestamptz NOT NULL,
        PRIMARY KEY (platform, account, hold),
        CONSTRAINT held_accounts_hold FOREIGN KEY (platform, hold)
            REFERENCES identity.holds (platform, hold) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX held_accounts_hold ON identity.held_accounts (platform, hold, account)",
    """
    CREATE TABLE identity.erasures (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        platform text NOT NULL,
        account text NOT NULL,
        cause text NOT NULL,
        want_time timestamptz NOT NULL,
        seal_time timestamptz,
        key_time timestamptz,
        begin_time timestamptz,
        end_time timestamptz,
        destroyed jsonb NOT NULL,
        complete_time timestamptz
    )
    """,
    "CREATE INDEX erasures_account ON identity.erasures (platform, account)",
    "CREATE UNIQUE INDEX erasures_open ON identity.erasures (platform, account) WHERE end_time IS NULL",
    "CREATE INDEX erasures_complete ON identity.erasures (complete_time) WHERE complete_time IS NOT NULL",
    """
    CREATE TABLE identity.erasure_acknowledgements (
        erasure bigint NOT NULL,
        service text NOT NULL,
        due_time timestamptz NOT NULL,
        acknowledge_time timestamptz,
        keep_until timestamptz,
        PRIMARY KEY (erasure, service),
        CONSTRAINT erasure_acknowledgements_erasure FOREIGN KEY (erasure)
            REFERENCES identity.erasures (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX erasure_acknowledgements_due ON identity.erasure_acknowledgements (due_time)
    WHERE acknowledge_time IS NULL
    """,
    """
    CREATE INDEX evidence_lapsed ON identity.evidence (lapse_time)
    WHERE lapse_time IS NOT NULL AND number IS NOT NULL
    """,
    "CREATE INDEX locks_ended ON identity.locks (COALESCE(lift_time, expire_time))",
    "CREATE INDEX proofs_age ON identity.proofs (redeem_time)",
    "CREATE INDEX violations_age ON identity.violations (record_time)",
    "CREATE INDEX lock_identities_age ON identity.lock_identities (expire_time)",
)


def upgrade() -> None:
    """Adds them."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Not offered: without the holds, what an authority ordered kept would be destroyed."""
    raise RuntimeError("there is no way back from revision 0008; restore a backup")
