"""The SQL of the outbox and of requests, for the migrations of a service.

One function for each change ever made to them, and none of them changes once it was released (as `xacthuc.jobs.schema`).
"""

from __future__ import annotations


def outbox_1(schema: str) -> tuple[str, ...]:
    """Returns what makes the outbox in `schema`, with the one row of its head."""
    return (
        f"""
        CREATE TABLE {schema}.outbox (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            platform text NOT NULL,
            subject text NOT NULL,
            kind text NOT NULL,
            time timestamptz NOT NULL,
            detail jsonb NOT NULL,
            position bigint CONSTRAINT outbox_position UNIQUE
        )
        """,
        f"CREATE INDEX outbox_unplaced ON {schema}.outbox (id) WHERE position IS NULL",
        # 244 random bits of two version 4 UUIDs, hashed to the 32 bytes of a key.
        f"""
        CREATE TABLE {schema}.outbox_head (
            position bigint NOT NULL,
            forgotten_position bigint NOT NULL DEFAULT 0,
            secret bytea NOT NULL DEFAULT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
        )
        """,
        f"INSERT INTO {schema}.outbox_head (position) VALUES (0)",  # noqa: S608 - the schema is a constant of the service
    )


def outbox_2(schema: str) -> str:
    """Returns what lets an event carry the trace of the call that did it."""
    return f"ALTER TABLE {schema}.outbox ADD trace text"


def requests_1(schema: str) -> tuple[str, ...]:
    """Returns what makes the table of requests in `schema`."""
    return (
        f"""
        CREATE TABLE {schema}.requests (
            platform text NOT NULL,
            method text NOT NULL,
            request_id text NOT NULL,
            fingerprint bytea NOT NULL,
            answer bytea,
            create_time timestamptz NOT NULL,
            account text,
            PRIMARY KEY (platform, method, request_id)
        )
        """,
        f"CREATE INDEX requests_age ON {schema}.requests (create_time)",
        f"CREATE INDEX requests_account ON {schema}.requests (platform, account) WHERE account IS NOT NULL",
    )
