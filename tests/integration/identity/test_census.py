"""Accounts are counted by the state that their platforms are told, once each, whoever counts and whoever stops."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from lock_world import LockWorld
from sqlalchemy import select

from xacthuc.identity.adapters.census import LEFT, ROUND, Census, Count
from xacthuc.identity.adapters.tables import accounts
from xacthuc.identity.commands import EndAccount
from xacthuc.identity.domain.account import Kind, State
from xacthuc.identity.usecases import lifecycle
from xacthuc.identity.usecases.accounts import get_account

CHILD = (2015, 5, 6)


@pytest.fixture
async def town(bench):
    """Accounts in as many states as there are ways into them."""
    for account in ("adult", "proven", "closed", "erased", "locked", "other"):
        await bench.register(account)
    for account in ("child", "pupil"):
        await bench.register(account, born=CHILD)
    await bench.verify("proven")
    await LockWorld(bench).lock("locked")
    for verb, account in ((lifecycle.close_account, "closed"), (lifecycle.erase_account, "erased")):
        await verb(bench.identity, EndAccount(order=bench.order(account, verb.__name__), account_id=account))
    bench.clock.advance(LEFT)
    return bench


@pytest.fixture
def told():
    return {}


@pytest.fixture
def process(town, engine, told):
    """Makes a process that counts so many accounts at once."""

    def make(page=3):
        return Census(engine, town.facts, town.clock, told.__setitem__, page=page, breath=timedelta(0))

    return make


async def states(bench, engine):
    async with engine.connect() as connection:
        people = select(accounts.c.platform, accounts.c.account).where(accounts.c.kind == Kind.PERSON)
        names = (await connection.execute(people)).all()
    views = [await get_account(bench.identity, platform, account) for platform, account in names]
    return Counter(view.state.value for view in views)


async def test_each_account_counts_as_what_its_platform_is_told(town, engine, process, told):
    await process().look()

    wanted = await states(town, engine)
    assert {state: number for state, number in told.items() if number} == wanted
    assert set(told) == {state.value for state in State}
    assert told["PENDING_GUARDIAN"] == 2
    assert {"VERIFIED", "LOCKED", "CLOSED"} < set(wanted)


async def test_a_process_that_does_not_count_tells_what_another_one_counted(process, told):
    await process().look()
    counted = dict(told)
    told.clear()

    await process().look()

    assert told == counted


async def test_nothing_is_told_before_all_were_counted(town, engine, told):
    class Failing:
        async def read(self, platform, account_ids):
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await Census(engine, Failing(), town.clock, told.__setitem__).look()

    assert told == {}


async def test_whoever_stops_is_followed_at_the_same_place_and_not_before_it_is_gone(town, engine, process, told):
    read = []

    class Stopping:
        async def read(self, platform, account_ids):
            if read:
                raise ConnectionError
            read.extend(account_ids)
            return await town.facts.read(platform, account_ids)

    with pytest.raises(ConnectionError):
        await Census(engine, Stopping(), town.clock, told.__setitem__, page=3, breath=timedelta(0)).look()
    await process().look()
    assert told == {}

    town.clock.advance(LEFT)
    await process().look()

    assert read == ["adult", "child", "closed"]
    assert {state: number for state, number in told.items() if number} == await states(town, engine)


async def test_those_who_look_at_the_same_time_count_each_account_once(town, engine, process, told):
    await asyncio.gather(*(process(page=2).look() for _ in range(4)))
    await process().look()

    assert {state: number for state, number in told.items() if number} == await states(town, engine)


async def test_a_page_that_two_have_counted_counts_once(town, engine, process, told):
    first, second = process(page=2), process(page=2)
    kept = await first.begin()

    assert await first.step(kept)
    assert not await second.step(kept)


async def test_the_next_count_follows_after_its_time(town, engine, process, told):
    await process().look()
    await town.verify("adult", town.proof("adult", "+84912345679"))

    town.clock.advance(ROUND - LEFT)
    await process().look()
    assert told["VERIFIED"] == 1

    town.clock.advance(LEFT)
    await process().look()
    assert told["VERIFIED"] == 2


def test_a_count_is_read_as_it_was_written(town):
    count = Count(town.clock.now(), ("forum", "an"), {"VERIFIED": 2}, None)

    assert Count.read(count.spelled()) == count
    assert Count.read(count._replace(after=None).spelled()).after is None
