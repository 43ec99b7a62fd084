"""The main database alone tells nobody's name, birth date or number, and opens nothing."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from xacthuc.grpckit.errors import AlreadyExists
from xacthuc.identity import migrate
from xacthuc.identity.adapters.account_keys import NoKey
from xacthuc.identity.domain.facts import Life
from xacthuc.sql.engine import make_engine, transaction

PLATFORM = "forum"


@pytest.fixture
async def key_engine(postgres_server, sql, engine):
    """A database of keys alone, beside one of everything else whose schema for keys is gone."""
    name = f"k_{uuid4().hex}"
    sql(f"CREATE DATABASE {name}")
    await asyncio.to_thread(migrate.KEY_MIGRATIONS.upgrade, postgres_server.database_url(name))
    async with transaction(engine) as connection:
        await connection.execute(text("DROP SCHEMA identity_keys CASCADE"))
    made = make_engine(
        postgres_server.database_url(name),
        application_name="test",
        pool_size=5,
        wait=timedelta(seconds=5),
        statement_timeout=timedelta(seconds=5),
    )
    yield made
    await made.dispose()
    sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def apart(new_server, new_ring, key_engine):
    return new_server(key_engine, new_ring(), new_ring())


async def dump(engine):
    """Every row of every table as PostgreSQL writes it, and once more with bytes as text."""
    async with transaction(engine) as connection:
        tables = (
            await connection.execute(
                text(
                    "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables"
                    " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
                )
            )
        ).scalars()
        rows = [
            str(row) for table in tables for row in (await connection.scalars(text(f"SELECT t::text FROM {table} t")))
        ]
    whole = "\n".join(rows)
    clear = [bytes.fromhex(word).decode("latin-1") for word in re.findall(r"\\x((?:[0-9a-f]{2})+)", whole)]
    return whole + "\n".join(clear)


async def test_a_dump_holds_no_key_and_nothing_in_clear(apart, engine, key_engine):
    await apart.register("u1", born=(1990, 7, 23))
    await apart.verify("u1")
    async with transaction(key_engine) as connection:
        (wrapped,) = (await connection.scalars(text("SELECT wrapped FROM identity_keys.account_keys"))).all()

    dumped = await dump(engine)

    assert "u1" in dumped
    for secret in ("Nguy", "912345678", "1990-07", wrapped.hex(), wrapped.decode("latin-1")):
        assert secret not in dumped


async def test_without_its_key_an_account_is_erased_and_its_rows_open_nothing(apart):
    await apart.register("u1")
    await apart.verify("u1")
    await apart.keys.destroy(PLATFORM, "u1", apart.clock.now())

    account, facts = await apart.identity.accounts.get(PLATFORM, "u1"), (await apart.facts.read(PLATFORM, ["u1"]))["u1"]

    assert await apart.keys.get(PLATFORM, "u1") is NoKey.DESTROYED
    assert (facts.life, facts.evidence) == (Life.ERASURE_SCHEDULED, frozenset())
    assert (account.facts, account.evidence, account.masked_number) == (facts, (), "")


async def test_an_erased_account_is_not_registered_again(apart):
    await apart.keys.destroy(PLATFORM, "u1", apart.clock.now())

    with pytest.raises(AlreadyExists):
        await apart.register("u1")


async def test_facts_of_many_are_those_of_each(apart):
    for name, born in (("u1", (1990, 1, 2)), ("u2", (2015, 1, 2)), ("u3", (1991, 1, 2))):
        await apart.register(name, born=born)
    await apart.keys.destroy(PLATFORM, "u3", apart.clock.now())
    names = ("u1", "u2", "u3", "nobody")

    many = await apart.facts.read(PLATFORM, names)

    assert many == {name: (await apart.facts.read(PLATFORM, [name]))[name] for name in names}
    assert len(set(many.values())) == 4
