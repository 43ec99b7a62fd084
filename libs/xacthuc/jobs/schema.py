"""The SQL of the tables, for the migrations of a service.

One function for each change ever made to them, and none of them changes once it was released:

    def upgrade() -> None:
        for statement in schema.version_1("identity"):
            op.execute(statement)
"""

from __future__ import annotations


def version_1(schema: str) -> tuple[str, ...]:
    """Returns what makes the tables of jobs and of attempts in `schema`."""
    return (
        # Vacuumed after a hundredth instead of a fifth of its rows changed: a table of rows that wait for years must not
        # let the dead ones of those that come and go pile up at the front of `jobs_due`.
        f"""
        CREATE TABLE {schema}.jobs (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            kind text NOT NULL,
            key text NOT NULL,
            payload jsonb NOT NULL,
            state text NOT NULL,
            due_time timestamptz NOT NULL,
            again_time timestamptz,
            failures bigint NOT NULL,
            attempts bigint NOT NULL,
            CONSTRAINT jobs_kind_key UNIQUE (kind, key)
        ) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02)
        """,
        f"CREATE INDEX jobs_due ON {schema}.jobs (kind, due_time) WHERE state <> 'HELD'",
        f"CREATE INDEX jobs_held ON {schema}.jobs (kind, id) WHERE state = 'HELD'",
        f"""
        CREATE TABLE {schema}.job_attempts (
            job_id bigint NOT NULL,
            number bigint NOT NULL,
            kind text NOT NULL,
            start_time timestamptz NOT NULL,
            end_time timestamptz,
            outcome text,
            PRIMARY KEY (job_id, number)
        )
        """,
        f"CREATE INDEX job_attempts_ended ON {schema}.job_attempts (end_time)",
    )


def version_2(schema: str) -> str:
    """Returns what lets a job carry the trace of what asked for it."""
    return f"ALTER TABLE {schema}.jobs ADD trace text"
