"""The SQL of the trail, for the migrations of a service: `entries_1` makes the table `audit`, `version_1` what seals need.

One function for each change ever made to it, and none of them changes once it was released (as `xacthuc.jobs.schema`).
"""

from __future__ import annotations

from typing import Final

PRUNING: Final = "xacthuc.audit_pruning"
"""A setting of a transaction, `on` while what is old is deleted."""


def entries_1(schema: str) -> tuple[str, ...]:
    """Returns what makes the table of entries in `schema`."""
    return (
        f"""
        CREATE TABLE {schema}.audit (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            tag text NOT NULL,
            time timestamptz NOT NULL,
            platform text NOT NULL,
            subject text NOT NULL,
            actor text NOT NULL,
            request_id text NOT NULL,
            trace_id text NOT NULL,
            detail jsonb NOT NULL
        )
        """,
        f"CREATE INDEX audit_subject ON {schema}.audit (platform, subject, id)",
    )


def version_1(schema: str) -> tuple[str, ...]:
    """Returns what makes the queue of the sealer, the seals, and the triggers that fill the one and keep the others.

    A trigger queues entries because then whoever writes one cannot forget to: code from before seals too, which runs
    beside the new one during a deployment. The triggers that refuse are a guard against mistakes; against whoever owns the
    database there are the seals.
    """
    return (
        # Rows come and go within a second: vacuumed by their number, for the table itself has nearly none.
        f"""
        CREATE TABLE {schema}.audit_unsealed (id bigint PRIMARY KEY)
        WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)
        """,
        f"""
        CREATE TABLE {schema}.audit_seals (
            number bigint PRIMARY KEY,
            time timestamptz NOT NULL,
            entries bigint NOT NULL,
            ids bigint[] NOT NULL,
            digests bytea NOT NULL,
            chain bytea NOT NULL
        )
        """,
        f"CREATE TABLE {schema}.audit_pruned (number bigint PRIMARY KEY, statement text NOT NULL)",
        f"""
        CREATE FUNCTION {schema}.audit_queue() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO {schema}.audit_unsealed (id) VALUES (NEW.id);
            RETURN NULL;
        END $$
        """,  # noqa: S608 - the schema is a constant of the service
        f"""
        CREATE FUNCTION {schema}.audit_keep() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'DELETE' OR current_setting('{PRUNING}', true) IS DISTINCT FROM 'on' THEN
                RAISE EXCEPTION 'the audit trail can only grow' USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NULL;
        END $$
        """,
        f"CREATE TRIGGER audit_queue AFTER INSERT ON {schema}.audit FOR EACH ROW EXECUTE FUNCTION {schema}.audit_queue()",
        *(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.{table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {schema}.audit_keep()"
            for table in ("audit", "audit_seals", "audit_pruned")
        ),
        f"CREATE INDEX audit_time ON {schema}.audit USING brin (time)",
        # What was written before there were seals.
        f"INSERT INTO {schema}.audit_unsealed (id) SELECT id FROM {schema}.audit",  # noqa: S608 - as above
    )
