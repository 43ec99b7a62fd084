"""Counting what became of a campaign's accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from xacthuc.backfill.adapters import rows
from xacthuc.backfill.adapters.tables import asks, spends, targets
from xacthuc.backfill.domain.campaign import TargetState, WaveState
from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.backfill.ports.campaigns import Day, Figures, Standing, WaveFigures

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection


async def figures_of(connection: AsyncConnection, found: Row[Any]) -> Figures:
    """Counts the accounts of a campaign, by its row, within a transaction."""
    key = (found.platform, found.campaign)
    of, reaches = targets.c, func.count().filter(targets.c.number.is_not(None))
    standing = (
        select(of["class"], of.state, func.count(), reaches)
        .where(*rows.of_campaign(targets, *key))
        .group_by(of["class"], of.state)
        .order_by(of["class"], of.state)
    )
    counted = (await connection.execute(standing)).all()
    asked = await _asked(connection, *key)
    of_day = select(spends.c.day, spends.c.notices, spends.c.vnd).where(*rows.of_campaign(spends, *key))
    return Figures(
        kept=rows.kept_of(found),
        standings=[Standing(AccountClass(row[0]), TargetState(row[1]), row[2]) for row in counted],
        waves=[
            WaveFigures(row.wave, WaveState(row.state), row.hold_reason, *asked.get(row.wave, (0, 0, 0)))
            for row in await rows.read_waves(connection, *key)
        ],
        days=[Day(*row) for row in await connection.execute(of_day.order_by(spends.c.day))],
        reachable=sum(row[3] for row in counted),
    )


async def _asked(connection: AsyncConnection, platform: str, name: str) -> dict[int, tuple[int, int, int]]:
    of, whom = asks.c, targets.c
    same = and_(whom.platform == of.platform, whom.campaign == of.campaign, whom.account == of.account)
    counted = (
        select(
            of.wave,
            func.count(of.event_time),
            func.count(of.notice),
            func.count().filter(whom.state == TargetState.VERIFIED),
        )
        .join_from(asks, targets, same)
        .where(*rows.of_campaign(asks, platform, name))
        .group_by(of.wave)
    )
    return {row[0]: (row[1], row[2], row[3]) for row in await connection.execute(counted)}
