"""What a campaign came to is told by Vietnam's days, and adds up to what stands."""

from __future__ import annotations

from datetime import UTC, date, datetime

from backfill_town import NAME, PLATFORM, Town, town
from sqlalchemy import insert

from xacthuc.backfill.adapters.tables import spends, targets
from xacthuc.backfill.domain.campaign import TargetState
from xacthuc.backfill.ports.campaigns import Day
from xacthuc.sql.engine import transaction

OF = {"platform": PLATFORM, "campaign": NAME}
LAST_OF_THE_SECOND = datetime(2026, 12, 2, 16, 59, 59, tzinfo=UTC)
FIRST_OF_THE_THIRD = datetime(2026, 12, 2, 17, tzinfo=UTC)


async def target(home: Town, account: str, state: str, since: datetime) -> None:
    row = {"account": account, "class": "NEEDS_PHONE", "spot": 1, "state": state, "state_time": since, "wave": 1}
    async with transaction(home.engine) as connection:
        await connection.execute(insert(targets).values(**OF, **row))


async def test_days_tell_what_was_paid_and_who_came_to_lack_nothing(engine):
    home = town(engine)
    await home.campaign()
    await target(home, "an", "VERIFIED", LAST_OF_THE_SECOND)
    await target(home, "binh", "VERIFIED", FIRST_OF_THE_THIRD)
    await target(home, "chi", "VERIFIED", FIRST_OF_THE_THIRD)
    await target(home, "dung", "OPEN", FIRST_OF_THE_THIRD)
    await target(home, "giang", "RESTRICTED", FIRST_OF_THE_THIRD)
    async with transaction(engine) as connection:
        for day, notices in ((date(2026, 12, 1), 4), (date(2026, 12, 3), 2)):
            await connection.execute(insert(spends).values(**OF, day=day, notices=notices, vnd=800 * notices))

    figures = await home.campaigns.figures(PLATFORM, NAME)

    assert figures is not None
    assert figures.days == [
        Day(date(2026, 12, 1), 4, 3200, 0),
        Day(date(2026, 12, 2), 0, 0, 1),
        Day(date(2026, 12, 3), 2, 1600, 2),
    ]
    lawful = sum(each.accounts for each in figures.standings if each.state is TargetState.VERIFIED)
    assert sum(day.verified for day in figures.days) == lawful
