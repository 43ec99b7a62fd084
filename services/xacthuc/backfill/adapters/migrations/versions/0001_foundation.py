"""Campaigns, their waves, whom they are about and what those were asked; requests, cursors, the audit trail and jobs."""

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
    CREATE TABLE backfill.campaigns (
        platform text NOT NULL,
        campaign text NOT NULL,
        state text NOT NULL,
        plan jsonb NOT NULL,
        erased bigint NOT NULL,
        pace_time timestamptz,
        create_time timestamptz NOT NULL,
        start_time timestamptz,
        close_time timestamptz,
        empty_time timestamptz,
        reason text NOT NULL,
        PRIMARY KEY (platform, campaign)
    )
    """,
    """
    CREATE TABLE backfill.waves (
        platform text NOT NULL,
        campaign text NOT NULL,
        wave integer NOT NULL,
        state text NOT NULL,
        hold_reason text NOT NULL,
        open_time timestamptz,
        ripe bigint NOT NULL,
        verified bigint NOT NULL,
        ended bigint NOT NULL,
        failed bigint NOT NULL,
        canary_left bigint NOT NULL,
        count_time timestamptz,
        PRIMARY KEY (platform, campaign, wave)
    )
    """,
    # Rows change several times each: vacuumed after a twentieth of them did, so that counts read an index alone.
    """
    CREATE TABLE backfill.targets (
        platform text NOT NULL,
        campaign text NOT NULL,
        account text NOT NULL,
        class text NOT NULL,
        spot integer NOT NULL,
        person bytea,
        number bytea,
        state text NOT NULL,
        wave integer NOT NULL,
        step text,
        step_time timestamptz,
        doing_wave integer,
        doing text,
        due_time timestamptz,
        parked integer,
        state_time timestamptz NOT NULL,
        review_time timestamptz,
        PRIMARY KEY (platform, campaign, account)
    ) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)
    """,
    "CREATE INDEX targets_review ON backfill.targets (review_time) WHERE review_time IS NOT NULL",
    "CREATE INDEX targets_due ON backfill.targets (platform, campaign, due_time) WHERE due_time IS NOT NULL",
    "CREATE INDEX targets_parked ON backfill.targets (platform, campaign, parked) WHERE parked IS NOT NULL",
    "CREATE INDEX targets_spot ON backfill.targets (platform, campaign, spot)",
    "CREATE INDEX targets_account ON backfill.targets (platform, account)",
    """
    CREATE TABLE backfill.asks (
        platform text NOT NULL,
        campaign text NOT NULL,
        wave integer NOT NULL,
        account text NOT NULL,
        event_time timestamptz,
        notice_time timestamptz,
        pay_day date,
        vnd bigint NOT NULL,
        notice text,
        ending text,
        PRIMARY KEY (platform, campaign, wave, account)
    )
    """,
    "CREATE INDEX asks_notice ON backfill.asks (platform, notice) WHERE notice IS NOT NULL",
    "CREATE INDEX asks_account ON backfill.asks (platform, account)",
    """
    CREATE TABLE backfill.people (
        platform text NOT NULL,
        campaign text NOT NULL,
        person bytea NOT NULL,
        notices integer NOT NULL,
        last_time timestamptz,
        account text,
        PRIMARY KEY (platform, campaign, person)
    )
    """,
    """
    CREATE TABLE backfill.spends (
        platform text NOT NULL,
        campaign text NOT NULL,
        day date NOT NULL,
        notices bigint NOT NULL,
        vnd bigint NOT NULL,
        PRIMARY KEY (platform, campaign, day)
    )
    """,
    """
    CREATE TABLE backfill.cursors (
        stream text PRIMARY KEY,
        position bytea NOT NULL,
        update_time timestamptz NOT NULL
    )
    """,
    *sql_schema.requests_1("backfill"),
    *audit_schema.entries_1("backfill"),
    *audit_schema.version_1("backfill"),
    *job_schema.version_1("backfill"),
)


def upgrade() -> None:
    """Creates everything."""
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Removes everything; only for a database without data worth keeping."""
    op.execute(
        "DROP TABLE backfill.job_attempts, backfill.jobs, backfill.audit_pruned, backfill.audit_seals,"
        " backfill.audit_unsealed, backfill.audit, backfill.requests, backfill.cursors, backfill.spends,"
        " backfill.people, backfill.asks, backfill.targets, backfill.waves, backfill.campaigns"
    )
    op.execute("DROP FUNCTION backfill.audit_queue(), backfill.audit_keep()")
