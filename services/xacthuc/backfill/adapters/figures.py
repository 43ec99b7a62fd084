"""Counting what became of a campaign's accounts."""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Date, and_, cast, func, select

from xacthuc.backfill.adapters import rows
from xacthuc.backfill.adapters.sql_restrictions import read_restrictions
from xacthuc.backfill.adapters.tables import asks, spends, targets
from xacthuc.backfill.domain.campaign import TargetState, WaveState
from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.backfill.domain.receipts import Ending
from xacthuc.backfill.ports.campaigns import Carried, Day, Figures, Standing, WaveFigures
from xacthuc.policy.dates import VIETNAM_TIME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

_COUNTED: Final = ("events", "notices", "verified", "delivered", "failed")


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
    return Figures(
        kept=rows.kept_of(found),
        standings=[Standing(AccountClass(row[0]), TargetState(row[1]), row[2]) for row in counted],
        waves=[_wave(row, asked) for row in await rows.read_waves(connection, *key)],
        days=await _days(connection, *key),
        carried=_carried(asked),
        reachable=sum(row[3] for row in counted),
        restrictions=await read_restrictions(connection, *key),
    )


async def _days(connection: AsyncConnection, platform: str, name: str) -> list[Day]:
    """Returns the days on which anything was paid, or anybody came to lack nothing, oldest first."""
    day = cast(func.timezone(VIETNAM_TIME.tzname(None), targets.c.state_time), Date)
    paid = select(spends.c.day, spends.c.notices, spends.c.vnd).where(*rows.of_campaign(spends, platform, name))
    reached = (
        select(day, func.count())
        .where(*rows.of_campaign(targets, platform, name), targets.c.state == TargetState.VERIFIED)
        .group_by(day)
    )
    costs = {row[0]: (row[1], row[2]) for row in await connection.execute(paid)}
    verified = {row[0]: row[1] for row in await connection.execute(reached)}
    return [
        Day(each, *costs.get(each, (0, 0)), verified.get(each, 0)) for each in sorted(costs.keys() | verified.keys())
    ]


async def _asked(connection: AsyncConnection, platform: str, name: str) -> list[Row[Any]]:
    """Counts what accounts were asked, by wave and provider."""
    of, whom = asks.c, targets.c
    same = and_(whom.platform == of.platform, whom.campaign == of.campaign, whom.account == of.account)
    counted = (
        select(
            of.wave,
            func.coalesce(of.provider, "").label("provider"),
            func.count(of.event_time).label("events"),
            func.count(of.notice).label("notices"),
            func.count().filter(whom.state == TargetState.VERIFIED).label("verified"),
            func.count().filter(of.ending == Ending.DELIVERED).label("delivered"),
            func.count().filter(of.ending == Ending.FAILED).label("failed"),
            func.sum(of.vnd).label("vnd"),
        )
        .join_from(asks, targets, same)
        .where(*rows.of_campaign(asks, platform, name))
        .group_by(of.wave, of.provider)
    )
    return list(await connection.execute(counted))


def _wave(row: Row[Any], asked: Sequence[Row[Any]]) -> WaveFigures:
    ours = [each for each in asked if each.wave == row.wave]
    counts = (sum(getattr(each, name) for each in ours) for name in _COUNTED)
    return WaveFigures(row.wave, WaveState(row.state), row.hold_reason, *counts)


def _carried(asked: Sequence[Row[Any]]) -> list[Carried]:
    """Adds up what each provider carried; who only has events is none of them."""
    found = dict[str, Carried]()
    for row in asked:
        before = found.get(row.provider, Carried(row.provider, 0, 0, 0, 0))
        more = (row.notices, row.delivered, row.failed, int(row.vnd))
        found[row.provider] = Carried(row.provider, *map(add, before[1:], more))
    return [found[name] for name in sorted(found) if any(found[name][1:])]
