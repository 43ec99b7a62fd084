"""Rows of campaigns and their waves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Text, literal_column, select, update

from xacthuc.audit.trail import Entry
from xacthuc.backfill.adapters import plans
from xacthuc.backfill.adapters.tables import campaigns, waves
from xacthuc.backfill.domain.campaign import CampaignState, WaveState
from xacthuc.backfill.ports.campaigns import Kept

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.audit.tags import Tag
    from xacthuc.order import Order
    from xacthuc.sql.columns import Json

OPEN: Final = literal_column("'OPEN'", Text)
"""`TargetState.OPEN` as an index over those accounts alone says it: of a parameter a plan could not know that."""


def of_campaign(table: Table, platform: str, name: str) -> tuple[ColumnElement[bool], ...]:
    """Returns what finds the rows of a campaign."""
    return table.c.platform == platform, table.c.campaign == name


async def read(connection: AsyncConnection, platform: str, name: str, *, lock: bool = False) -> Row[Any] | None:
    """Returns a campaign's row; None when there is no such one. With `lock` nobody else decides until the end."""
    found = select(campaigns).where(*of_campaign(campaigns, platform, name))
    return (await connection.execute(found.with_for_update() if lock else found)).one_or_none()


async def read_waves(connection: AsyncConnection, platform: str, name: str) -> list[Row[Any]]:
    """Returns its waves, in order."""
    found = select(waves).where(*of_campaign(waves, platform, name)).order_by(waves.c.wave)
    return list(await connection.execute(found))


async def open_waves(
    connection: AsyncConnection, platform: str, name: str, now: datetime, which: ColumnElement[bool]
) -> None:
    """Lets everybody enter some waves of a campaign; they are judged anew, by who enters them from now on."""
    opened = update(waves).where(*of_campaign(waves, platform, name), which)
    await connection.execute(opened.values(fresh(WaveState.OPEN, now)))


async def open_wave(connection: AsyncConnection, platform: str, name: str, wave: int, now: datetime) -> None:
    """Lets everybody enter a wave."""
    await open_waves(connection, platform, name, now, waves.c.wave == wave)


async def hold_wave(connection: AsyncConnection, platform: str, name: str, wave: int, reason: str) -> None:
    """Lets nobody enter a wave until a person has looked."""
    held = update(waves).where(*of_campaign(waves, platform, name), waves.c.wave == wave)
    await connection.execute(held.values(state=WaveState.HELD, hold_reason=reason))


async def close(connection: AsyncConnection, platform: str, name: str, now: datetime) -> None:
    """Writes that the term of a campaign is over."""
    over = update(campaigns).where(*of_campaign(campaigns, platform, name))
    await connection.execute(over.values(state=CampaignState.ENDED, close_time=now))


def fresh(state: WaveState, now: datetime | None) -> dict[str, object]:
    """Returns what is known of a wave that nobody has entered since."""
    counts = dict.fromkeys(("ripe", "verified", "ended", "failed", "canary_left"), 0)
    return {"state": state, "hold_reason": "", "open_time": now, "count_time": None, **counts}


def kept_of(row: Row[Any]) -> Kept:
    """Reads a campaign's row."""
    return Kept(
        platform=row.platform,
        name=row.campaign,
        state=CampaignState(row.state),
        plan=plans.read(row.plan),
        create_time=row.create_time,
        start_time=row.start_time,
        close_time=row.close_time,
        reason=row.reason,
        erased=row.erased,
        trace=row.trace,
    )


def entry(order: Order, tag: Tag, name: str, now: datetime, detail: Json) -> Entry:
    """Returns a line of the trail about a campaign."""
    return Entry(
        tag=tag,
        time=now,
        platform=order.platform,
        subject=name,
        actor=order.actor,
        request_id=order.request_id,
        trace_id=order.trace_id,
        detail=detail,
    )
