"""What campaigns keep of an account that a legal hold stands on is destroyed by nothing before the release."""

from __future__ import annotations

from datetime import timedelta

import pytest
from backfill_town import NAME, NOW, PLAN, PLATFORM, Town, town
from sqlalchemy import insert, select, update

from xacthuc.backfill.adapters.emptying import Emptying
from xacthuc.backfill.adapters.erasures import Erasures, erase_job
from xacthuc.backfill.adapters.housekeeping import Housekeeping
from xacthuc.backfill.adapters.tables import asks, campaigns, people, targets
from xacthuc.grpckit.errors import Unavailable
from xacthuc.grpckit.reasons import Reason
from xacthuc.jobs.job import Done, RetryAt
from xacthuc.policy import Policy
from xacthuc.policy.dates import months_after
from xacthuc.sql.engine import transaction

pytestmark = pytest.mark.rule("R49")
OF = {"platform": PLATFORM, "campaign": NAME}
EVERYBODY = ["an", "binh", "chi"]


class Holds:
    """What identity tells, or nothing while it is away."""

    def __init__(self) -> None:
        self.on: set[str] = set()
        self.away = False

    async def __call__(self) -> set[tuple[str, str]]:
        if self.away:
            raise Unavailable(Reason.SERVICE_UNAVAILABLE, "identity")
        return {(PLATFORM, account) for account in self.on}


class Identity:
    """Hears that something was erased."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def acknowledge_erasure(self, platform: str, account_id: str, request_id: str) -> bool:
        self.told.append(account_id)
        return True


@pytest.fixture
def holds() -> Holds:
    return Holds()


@pytest.fixture
async def home(engine) -> Town:
    """A campaign in which three accounts were asked; of two the number is the same."""
    made = town(engine)
    await made.campaign()
    async with transaction(engine) as connection:
        for account, person in zip(EVERYBODY, (b"1", b"1", b"3"), strict=True):
            row = {
                "account": account,
                "class": "NEEDS_PHONE",
                "spot": 1,
                "state": "ASKED",
                "state_time": NOW,
                "wave": 1,
            }
            await connection.execute(insert(targets).values(**OF, **row, person=person, number=b"sealed"))
            await connection.execute(insert(asks).values(**OF, wave=1, account=account, event_time=NOW, vnd=0))
        for person in (b"1", b"3"):
            await connection.execute(insert(people).values(**OF, person=person, notices=1, last_time=NOW))
    return made


async def end(home: Town) -> None:
    home.clock.advance(PLAN.end - home.clock.now())
    async with transaction(home.engine) as connection:
        await connection.execute(update(campaigns).values(state="ENDED", close_time=PLAN.end))


async def left(home: Town, column, *where) -> list:
    async with transaction(home.engine) as connection:
        return sorted(await connection.scalars(select(column).where(*where)))


async def with_numbers(home: Town) -> list:
    return await left(home, targets.c.account, targets.c.number.is_not(None))


async def test_a_number_outlives_its_campaign_while_it_is_held(home: Town, holds: Holds):
    await end(home)
    holds.on = {"an"}
    await Emptying(home.engine, home.clock, holds).empty()

    assert await with_numbers(home) == ["an"]
    assert await left(home, people.c.person) == [b"1"]
    assert await left(home, campaigns.c.empty_time) == [PLAN.end]  # nobody has to look every few seconds

    housekeeping = Housekeeping(home.engine, home.clock, Policy.load(), holds)
    await housekeeping.forget()
    assert await with_numbers(home) == ["an"]
    holds.on.clear()
    await housekeeping.forget()
    assert (await with_numbers(home), await left(home, people.c.person)) == ([], [])
    assert await left(home, targets.c.account) == EVERYBODY


async def test_what_was_asked_outlives_its_time_while_it_is_held(home: Town, holds: Holds):
    await end(home)
    holds.on = {"an", "chi"}
    await Emptying(home.engine, home.clock, holds).empty()
    policy = Policy.load()
    housekeeping = Housekeeping(home.engine, home.clock, policy, holds)
    over = months_after(PLAN.end, policy.retention.record_months) + timedelta(days=1)
    home.clock.advance(over - home.clock.now())

    await housekeeping.forget()
    assert await left(home, targets.c.account) == await left(home, asks.c.account) == ["an", "chi"]
    holds.on = {"chi"}
    await housekeeping.forget()
    assert await left(home, targets.c.account) == await left(home, asks.c.account) == ["chi"]
    assert await left(home, campaigns.c.campaign) == [NAME]

    holds.on.clear()
    await housekeeping.forget()
    await housekeeping.forget()
    for column in (targets.c.account, asks.c.account, people.c.person, campaigns.c.campaign):
        assert await left(home, column) == []


async def test_nothing_is_destroyed_while_nobody_says_what_is_held(home: Town, holds: Holds):
    await end(home)
    holds.away = True
    with pytest.raises(Unavailable):
        await Emptying(home.engine, home.clock, holds).empty()
    home.clock.advance(timedelta(days=365 * 3))
    await Housekeeping(home.engine, home.clock, Policy.load(), holds).forget()

    assert await with_numbers(home) == EVERYBODY


async def test_an_erasure_waits_for_the_release_and_says_so_afterwards(home: Town, holds: Holds):
    identity, job = Identity(), erase_job(PLATFORM, "an", "ACCOUNT_ERASED")
    erasures = Erasures(home.engine, identity, holds, home.clock)
    holds.on = {"an"}

    answer = await erasures.handle(job)
    assert (type(answer), answer.outcome, identity.told) == (RetryAt, "HELD", [])
    assert await left(home, asks.c.account) == EVERYBODY

    holds.away = True
    answer = await erasures.handle(job)
    assert (type(answer), answer.outcome, identity.told) == (RetryAt, "IDENTITY_AWAY", [])

    holds.on, holds.away = set(), False
    assert await erasures.handle(job) == Done("ERASED")
    assert identity.told == ["an"]
    assert await left(home, targets.c.account) == await left(home, asks.c.account) == ["binh", "chi"]
