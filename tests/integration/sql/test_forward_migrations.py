"""Forward-compatible migrations: rows of revision 0001 are all there at the head, and its code works on them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from released_code import NOW, STATEMENTS, ReleasedCode
from schema_changes import snapshot
from schema_revisions import migrate_to

ACCOUNTS = 100
"""Enough to have some in every partition."""


@pytest.fixture
async def old(database_url):
    """Released code on the schema it was released with, and what it wrote: all tables of that schema have rows."""
    await migrate_to(database_url, "0001")
    code = await ReleasedCode.connect(database_url)
    await code.found()
    for number in range(ACCOUNTS):
        await code.register(f"u{number}")
    for number in range(1, ACCOUNTS, 2):
        await code.verify(f"u{number}", f"u{number - 1}")
    assert await code.place() == ACCOUNTS + ACCOUNTS // 2
    yield code
    await code.close()


@pytest.fixture
async def code(migrated_url):
    """Released code on the newest schema, which is empty."""
    code = await ReleasedCode.connect(migrated_url)
    yield code
    await code.close()


async def contents(connection, columns):
    """Returns all rows by table, in `columns` alone, and as the multiset that they are."""
    return {
        table: sorted(
            repr(tuple(row)) for row in await connection.fetch(f"SELECT {', '.join(names)} FROM identity.{table}")
        )
        for table, names in columns.items()
    }


async def test_every_row_is_found_again(old, database_url):
    known = {table: list(columns) for table, columns in (await snapshot(old.connection)).columns.items()}
    del known["alembic_version"]
    written = await contents(old.connection, known)

    await migrate_to(database_url, "head")

    assert all(written.values()), "a table without rows proves nothing"
    assert await contents(old.connection, known) == written


async def test_ids_continue_behind_the_greatest(old, database_url):
    greatest = " UNION ALL ".join(
        f"SELECT max(id) FROM identity.{table}" for table in ("audit", "consents", "evidence", "outbox")
    )
    before = await old.connection.fetch(greatest)
    await migrate_to(database_url, "head")

    await old.register("late")
    await old.verify("late", "u1")

    # Two things were audited and told of, one consent and one piece of evidence were kept: nothing is drawn twice.
    assert [now - then for (then,), (now,) in zip(before, await old.connection.fetch(greatest), strict=True)] == [
        2,
        1,
        1,
        2,
    ]


async def test_released_code_goes_on_while_and_after_the_schema_is_migrated(old, database_url):
    """With what it had prepared before, on a connection it had open."""
    await migrate_to(database_url, "head")

    await old.found("other")
    await old.register("late")
    await old.verify("late", "u1")

    assert await old.standing("late") == ["PHONE"]
    assert await old.standing("u1") == []
    assert await old.place() == 2
    assert await old.events() == list(range(1, ACCOUNTS + ACCOUNTS // 2 + 3))


async def test_released_code_that_starts_on_the_newest_schema_works(code):
    await code.found()
    await code.register("u0")
    await code.register("u1")
    await code.verify("u1", "u0")

    assert await code.standing("u1") == ["PHONE"]
    assert await code.place() == 3
    assert await code.events() == [1, 2, 3]
    assert [row["state"] for row in await code.say("read_keys")] == ["REVOKED"]
    await code.say("forget_requests", NOW + timedelta(days=31), 5_000)
    assert await code.connection.fetch("SELECT FROM identity.requests") == []
    assert code.said == STATEMENTS.keys()
