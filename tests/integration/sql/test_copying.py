"""Rows spelled by hand: PostgreSQL reads what was meant, within the transaction and only there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Boolean, Column, LargeBinary, MetaData, Table, Text, select, text
from sqlalchemy.dialects.postgresql import TIMESTAMP

from xacthuc.sql import copying
from xacthuc.sql.engine import transaction

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
THINGS = Table(
    "things",
    MetaData(schema="identity"),
    Column("word", Text),
    Column("blob", LargeBinary),
    Column("at", TIMESTAMP(timezone=True)),
    Column("flag", Boolean),
    Column("same", Text),
)
ROWS = [
    ("", b"", EPOCH, False),
    ("Nguyễn Thị Ánh\t\\N\n", bytes(range(256)), datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), True),
    ("x" * 70_000, b"\xff" * 70_000, datetime(1, 1, 1, tzinfo=UTC), False),
    ("u", None, datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), True),
    ("v", b"\x00", None, True),
]


def columns(rows):
    words, blobs, instants, flags = zip(*rows, strict=True)
    return {
        "word": copying.words(words),
        "blob": copying.blobs(blobs),
        "at": copying.instants([None if at is None else (at - EPOCH) // timedelta(microseconds=1) for at in instants]),
        "flag": copying.few(copying.flag, flags),
        "same": copying.same(copying.word("one for all")),
    }


@pytest.fixture
async def things(engine):
    async with transaction(engine) as connection:
        await connection.run_sync(THINGS.create)

    async def kept():
        async with transaction(engine) as connection:
            return [tuple(row) for row in await connection.execute(select(THINGS))]

    return kept


async def test_rows_are_kept_as_they_were_meant(engine, things):
    async with transaction(engine) as connection:
        await connection.execute(text("SELECT 1"))
        await copying.copy_in(connection, THINGS, columns(ROWS))

    assert await things() == [(*row, "one for all") for row in ROWS]


async def test_a_value_spelled_alone_is_spelled_as_in_a_column():
    word, blob, at, _ = ROWS[1]

    assert copying.word(word) == copying.words([word])[0]
    assert copying.blob(blob) == copying.blobs([blob])[0]
    assert copying.instant(at) == copying.instants([(at - EPOCH) // timedelta(microseconds=1)])[0]
    assert {copying.word(None), copying.blob(None), copying.instant(None)} == {copying.NULL}


async def test_a_transaction_that_fails_keeps_none_of_them(engine, things):
    with pytest.raises(ZeroDivisionError):
        async with transaction(engine) as connection:
            await connection.execute(text("SELECT 1"))
            await copying.copy_in(connection, THINGS, columns(ROWS))
            raise ZeroDivisionError

    assert await things() == []


async def test_nothing_is_copied_outside_a_transaction(engine, things):
    async with engine.connect() as connection:
        with pytest.raises(AssertionError):
            await copying.copy_in(connection, THINGS, columns(ROWS))

    assert await things() == []
