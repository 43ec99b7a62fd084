"""What a campaign has spent, and the pace that is left: both are used up before anything is sent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.backfill.adapters.rows import of_campaign
from xacthuc.backfill.adapters.tables import campaigns, spends
from xacthuc.backfill.domain.campaign import Purse
from xacthuc.backfill.domain.pacing import room
from xacthuc.policy.dates import local_date

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.backfill.domain.campaign import Provider

_SAVED: Final = timedelta(minutes=1)
"""For how long the pace that nobody used is saved up."""


async def purse_of(connection: AsyncConnection, platform: str, name: str, now: datetime) -> Purse:
    """Returns what was spent today, in Vietnam, and in all."""
    of, today = spends.c, spends.c.day == local_date(now)
    spent = select(
        func.coalesce(func.sum(of.vnd).filter(today), 0),
        func.coalesce(func.sum(of.vnd), 0),
        func.coalesce(func.sum(of.notices).filter(today), 0),
    ).where(*of_campaign(spends, platform, name))
    day_vnd, vnd, notices = (await connection.execute(spent)).one()
    return Purse(today_vnd=int(day_vnd), vnd=int(vnd), today_notices=int(notices))


async def pay(connection: AsyncConnection, platform: str, name: str, day: date, *, notices: int, vnd: int) -> None:
    """Takes the price of some notices from a day's money; gives it back where both are negative."""
    paid = insert(spends).values(platform=platform, campaign=name, day=day, notices=notices, vnd=vnd)
    more = {"notices": spends.c.notices + paid.excluded.notices, "vnd": spends.c.vnd + paid.excluded.vnd}
    key = [spends.c.platform, spends.c.campaign, spends.c.day]
    await connection.execute(paid.on_conflict_do_update(index_elements=key, set_=more))


def pace_left(providers: Sequence[Provider], pace_time: datetime | None, now: datetime) -> tuple[int, timedelta]:
    """Returns how many notices the providers' pace leaves, and the time that it was saved up in."""
    saved = _SAVED if pace_time is None else min(max(now - pace_time, timedelta(0)), _SAVED)
    return room(providers, saved.total_seconds()), saved


def paced(providers: Sequence[Provider], since: datetime, sent: int) -> datetime:
    """Returns up to when the pace that was saved up since is used up."""
    return since + timedelta(seconds=sent / sum(provider.per_second for provider in providers))


async def use_pace(connection: AsyncConnection, platform: str, name: str, until: datetime) -> None:
    """Writes up to when the pace is used up."""
    used = update(campaigns).where(*of_campaign(campaigns, platform, name))
    await connection.execute(used.values(pace_time=until))
