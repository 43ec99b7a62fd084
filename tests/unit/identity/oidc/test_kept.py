"""What a provider publishes is fetched once for all, kept for its time, and renewed now and then."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from xacthuc.identity.adapters.oidc.kept import Kept


class Published:
    """Counts how often it was fetched."""

    def __init__(self, clock) -> None:
        self.fetched = 0
        self.fault: Exception | None = None
        self.kept = Kept(self.fetch, clock, life_ms=60_000)

    async def fetch(self) -> str:
        self.fetched += 1
        await asyncio.sleep(0)
        if self.fault:
            raise self.fault
        return f"edition {self.fetched}"


@pytest.fixture
def published(clock) -> Published:
    return Published(clock)


async def test_all_who_wait_share_one_answer(published):
    assert await asyncio.gather(*(published.kept.get() for _ in range(5))) == ["edition 1"] * 5


async def test_it_is_believed_for_its_time(published, clock):
    await published.kept.get()
    clock.advance(timedelta(seconds=59))
    assert published.kept.fresh() == "edition 1"
    clock.advance(timedelta(seconds=1))
    assert published.kept.fresh() is None
    assert await published.kept.get() == "edition 2"


async def test_a_failure_is_told_to_each_and_kept_by_nobody(published):
    published.fault = ConnectionError()
    results = await asyncio.gather(*(published.kept.get() for _ in range(2)), return_exceptions=True)
    assert [type(result) for result in results] == [ConnectionError, ConnectionError]
    published.fault = None
    assert await published.kept.get() == "edition 3"


async def test_a_renewal_serves_all_who_saw_the_same_stale_one(published):
    stale = await published.kept.get()
    assert await asyncio.gather(*(published.kept.newer_than(stale) for _ in range(3))) == ["edition 2"] * 3
    assert published.fetched == 2


async def test_renewals_have_a_pace(published, clock):
    newer = await published.kept.newer_than(await published.kept.get())
    assert await published.kept.newer_than(newer) is None
    clock.advance(timedelta(seconds=10))
    assert await published.kept.newer_than(newer) == "edition 3"


async def test_a_waiter_that_gives_up_holds_nobody_up(published):
    waiting = asyncio.create_task(published.kept.get())
    await asyncio.sleep(0)
    waiting.cancel()
    assert await published.kept.get() == "edition 2"
