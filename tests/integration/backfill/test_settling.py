"""What is heard of a notice before it is written down what the notice is called is not lost, nor kept for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from backfill_town import NAME, NOW, PLATFORM, Town, town
from holds import nothing_held
from sqlalchemy import func, insert, select, update

from xacthuc.backfill.adapters.housekeeping import Housekeeping
from xacthuc.backfill.adapters.settling import KEPT, Settling
from xacthuc.backfill.adapters.tables import asks, receipts, spends
from xacthuc.backfill.domain.receipts import Word
from xacthuc.policy import Policy
from xacthuc.sql.engine import transaction

OF = {"platform": PLATFORM, "campaign": NAME}
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def home(engine) -> Town:
    """A campaign of which one notice is paid, and otp was asked to send it."""
    made = town(engine)
    await made.campaign()
    async with transaction(engine) as connection:
        await connection.execute(insert(asks).values(**OF, wave=1, account="an", pay_day=NOW.date(), vnd=800))
        await connection.execute(insert(spends).values(**OF, day=NOW.date(), notices=1, vnd=800))
    return made


async def hear(home: Town, word: Word, **fields) -> None:
    told = {"platform": PLATFORM, "notice": "notices/n", "word": word, "provider": "first", "vnd": 0, **fields}
    async with transaction(home.engine) as connection:
        now = home.clock.now()
        await connection.execute(insert(receipts).values(**told, look_time=now, create_time=now))


async def one(home: Town, *columns):
    async with transaction(home.engine) as connection:
        return tuple((await connection.execute(select(*columns))).one())


async def test_what_is_heard_too_early_is_written_once_its_notice_is_known(home: Town):
    settling = Settling(home.engine, home.clock)
    await hear(home, Word.SENT, vnd=250)
    await hear(home, Word.DELIVERED)
    await settling.settle()
    assert await one(home, asks.c.provider, asks.c.ending, asks.c.vnd) == (None, None, 800)

    async with transaction(home.engine) as connection:
        await connection.execute(update(asks).values(notice="notices/n"))
    await settling.settle()
    assert await one(home, func.count(receipts.c.word)) == (2,)  # not looked at again before a minute is over
    home.clock.advance(MINUTE)
    await settling.settle()

    assert await one(home, asks.c.provider, asks.c.ending, asks.c.vnd) == ("first", "DELIVERED", 250)
    assert await one(home, spends.c.notices, spends.c.vnd) == (1, 250)
    assert await one(home, func.count(receipts.c.word)) == (0,)


async def test_what_is_heard_of_notices_that_are_not_a_campaigns_is_forgotten(home: Town):
    await hear(home, Word.SENT)
    housekeeping = Housekeeping(home.engine, home.clock, Policy.load(), nothing_held)
    home.clock.advance(KEPT - MINUTE)
    await housekeeping.forget()
    assert await one(home, func.count(receipts.c.word)) == (1,)
    home.clock.advance(2 * MINUTE)
    await housekeeping.forget()

    assert await one(home, func.count(receipts.c.word)) == (0,)
