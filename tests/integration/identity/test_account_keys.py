"""The accounts' keys: made once, found one by one or all at once, and never again once destroyed."""

from __future__ import annotations

import asyncio

import pytest

from xacthuc.identity.adapters.account_cipher import AccountCipher, KeyWrapper
from xacthuc.identity.adapters.account_keys import AccountKeys, NoKey
from xacthuc.sealing import KeyRing, Sealer, UnsealError
from xacthuc.sql.engine import transaction

PLATFORM = "forum"


@pytest.fixture
def keys(engine):
    return AccountKeys(engine, KeyWrapper(Sealer(KeyRing(keys={0: bytes(32)}, current=0))))


async def test_a_key_is_made_once_and_opens_what_it_sealed(keys, clock):
    first = await keys.make(PLATFORM, "u1", clock.now())
    again = await keys.make(PLATFORM, "u1", clock.now())
    found = await keys.get(PLATFORM, "u1")

    sealed = first.seal("number", b"text")
    assert [again.open("number", sealed), found.open("number", sealed)] == [b"text", b"text"]


async def test_sixteen_that_make_the_same_key_at_once_get_one(keys, clock):
    made = await asyncio.gather(*(keys.make_many(PLATFORM, ("u2", "u1"), clock.now()) for _ in range(16)))

    sealed = made[0].keys["u1"].seal("number", b"text")
    assert {one.keys["u1"].open("number", sealed) for one in made} == {b"text"}
    assert sorted(len(one.older) for one in made) == [0, *[2] * 15]


@pytest.mark.parametrize("other", [(PLATFORM, "u2"), ("market", "u1")])
async def test_the_key_of_another_account_opens_nothing(keys, clock, other):
    sealed = (await keys.make(PLATFORM, "u1", clock.now())).seal("number", b"text")
    stranger = await keys.make(*other, clock.now())

    with pytest.raises(UnsealError):
        stranger.open("number", sealed)


async def test_a_wrapped_key_that_was_put_with_another_account_opens_nothing(keys, clock, engine):
    await keys.make_many(PLATFORM, ("u1", "u2"), clock.now())
    async with transaction(engine) as connection:
        await connection.exec_driver_sql(
            "UPDATE identity_keys.account_keys SET wrapped = (SELECT wrapped FROM identity_keys.account_keys"
            " WHERE account = 'u1') WHERE account = 'u2'"
        )

    found = await keys.get_many(PLATFORM, ("u1", "u2"))
    assert found["u1"].open("number", found["u1"].seal("number", b"text")) == b"text"
    with pytest.raises(UnsealError):
        found["u2"].open("number", b"")
    with pytest.raises(UnsealError):
        found["u2"].seal("number", b"text")


async def test_what_is_not_there_says_why(keys, clock):
    await keys.make_many(PLATFORM, ("u1", "u2"), clock.now())
    await keys.destroy(PLATFORM, "u2", clock.now())

    found = await keys.get_many(PLATFORM, ("u1", "u2", "u3"))

    assert isinstance(found["u1"], AccountCipher)
    assert (found["u2"], found["u3"]) == (NoKey.DESTROYED, NoKey.NEVER_MADE)


@pytest.mark.parametrize("registered", [True, False])
async def test_a_destroyed_key_is_never_made_again(keys, clock, registered):
    if registered:
        await keys.make(PLATFORM, "u1", clock.now())
    for _ in range(2):
        await keys.destroy(PLATFORM, "u1", clock.now())

    assert await keys.make(PLATFORM, "u1", clock.now()) is NoKey.DESTROYED
    assert await keys.get(PLATFORM, "u1") is NoKey.DESTROYED


async def test_a_thousand_are_made_and_found_in_a_few_queries(keys, clock):
    accounts = [f"u{number}" for number in range(1000)]

    made = await keys.make_many(PLATFORM, accounts, clock.now())
    found = await keys.get_many(PLATFORM, accounts)

    sealed = {account: key.seal("number", account.encode()) for account, key in made.keys.items()}
    assert all(found[account].open("number", sealed[account]) == account.encode() for account in accounts)
