"""What is known of the waves of a campaign: counted now and then, and kept until the next count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, select, update

from xacthuc.backfill.adapters.rows import of_campaign, read_waves
from xacthuc.backfill.adapters.tables import asks, targets, waves
from xacthuc.backfill.domain.campaign import SPOTS, TargetState, WaveProgress, WaveState
from xacthuc.backfill.domain.receipts import Ending

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.backfill.ports.campaigns import Kept


async def progress_of(
    connection: AsyncConnection, kept: Kept, now: datetime, *, count_every: timedelta
) -> list[WaveProgress]:
    """Returns what is known of each wave, in order; within the lock of the campaign."""
    found = []
    for row in await read_waves(connection, kept.platform, kept.name):
        counted = {name: getattr(row, name) for name in ("ripe", "verified", "ended", "failed", "canary_left")}
        if row.count_time is None or row.count_time <= now - count_every:
            counted = await _count(connection, kept, row, now)
            wave = (*of_campaign(waves, kept.platform, kept.name), waves.c.wave == row.wave)
            await connection.execute(update(waves).where(*wave).values(**counted, count_time=now))
        found.append(WaveProgress(state=WaveState(row.state), **counted))
    return found


async def _count(connection: AsyncConnection, kept: Kept, wave: Row[Any], now: datetime) -> dict[str, int]:
    of, whom = asks.c, targets.c
    told = and_(of.event_time <= now - kept.plan.ripe_after(wave.wave), whom.state != TargetState.GONE)
    same = and_(whom.platform == of.platform, whom.campaign == of.campaign, whom.account == of.account)
    entered = [*of_campaign(asks, kept.platform, kept.name), of.wave == wave.wave]
    if wave.open_time is not None:
        entered.append(of.event_time > wave.open_time)
    seen = (
        select(
            func.count().filter(told).label("ripe"),
            func.count().filter(told, whom.state == TargetState.VERIFIED).label("verified"),
            func.count().filter(of.ending.in_((Ending.DELIVERED, Ending.FAILED))).label("ended"),
            func.count().filter(of.ending == Ending.FAILED).label("failed"),
        )
        .join_from(asks, targets, same)
        .where(*entered)
    )
    ripe = exists().where(same, of.wave == wave.wave, of.event_time <= now - kept.plan.ripe_after(wave.wave))
    left = select(func.count()).where(
        *of_campaign(targets, kept.platform, kept.name),
        whom.spot < kept.plan.canary.percent * SPOTS / 100,
        whom.state == TargetState.OPEN,
        ~ripe,
    )
    counted = (await connection.execute(seen)).one()._asdict()
    return {**counted, "canary_left": (await connection.execute(left)).scalar_one()}
