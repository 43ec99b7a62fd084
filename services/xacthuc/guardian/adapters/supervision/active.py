"""By which links somebody answers for a child now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from xacthuc.guardian.adapters.tables import links
from xacthuc.guardian.domain.links import State

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


async def ward_of(connection: AsyncConnection, platform: str, link: str) -> str | None:
    """Returns for whom an active link answers; None when there is none by that id."""
    of = links.c
    wanted = select(of.child).where(of.platform == platform, of.link == link, of.state == State.ACTIVE)
    child: str | None = await connection.scalar(wanted)
    return child


async def is_answered_for(connection: AsyncConnection, platform: str, child: str) -> bool:
    """Whether anybody answers for the child."""
    of = links.c
    found = select(exists().where(of.platform == platform, of.child == child, of.state == State.ACTIVE))
    return bool(await connection.scalar(found))
