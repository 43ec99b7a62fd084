"""Asks an officer about links by itself, when identity tells of what speaks against them (R17, R30).

A guardian's number that is somebody else's now, or a birth date of either side that was corrected in whichever direction.
What follows by itself does so beside: the gate is shut by identity, and a link ends whose child or guardian has not the age
for it; the question stays with the officer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import exists, or_, select

from xacthuc.guardian.adapters.link_rows import read
from xacthuc.guardian.adapters.link_writes import by_itself, lock_child
from xacthuc.guardian.adapters.sql_disputes import open_dispute
from xacthuc.guardian.adapters.tables import disputes, links
from xacthuc.guardian.domain.disputes import Dispute, DisputeCause, DisputeState
from xacthuc.guardian.domain.links import OVER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.guardian.adapters.holders import Doubt, Happened


async def open_doubts(connection: AsyncConnection, happened: Sequence[Happened], now: datetime) -> None:
    """Opens a dispute for each link concerned, unless the same question is open there. Once, however often it is told."""
    concerned = {
        (each.platform, row.child, row.link, each.doubt)
        for each in happened
        if each.doubt is not None
        for side in _sides(each.platform, each.account_id, each.doubt)
        for row in await connection.execute(side)
    }
    # In the order of the children, as everybody locks them who locks several.
    for platform, child, link, doubt in sorted(concerned):
        await lock_child(connection, platform, child)
        kept = await read(connection, platform, link)
        opened = Dispute(
            platform=platform,
            dispute_id=str(uuid5(NAMESPACE_URL, f"{doubt.event}/{link}")),
            link=link,
            child=child,
            cause=doubt.cause,
            state=DisputeState.OPEN,
            basis=f"identity told {doubt.event}",
            resolver="",
            resolve_basis="",
            create_time=now,
            resolve_time=None,
        )
        if kept is not None and kept.state not in OVER and not await _is_known(connection, opened):
            await open_dispute(connection, by_itself(platform, "Watch"), opened, now)


def _sides(platform: str, account_id: str, doubt: Doubt) -> list[Select[tuple[str, str]]]:
    """Returns the questions for links of an account, each by its own index. A child's number is no reason for anything."""
    of = links.c
    sides = (of.guardian,) if doubt.cause is DisputeCause.NUMBER_RECYCLED else (of.guardian, of.child)
    theirs = (of.platform == platform, of.state.not_in(OVER), of.create_time <= doubt.time)
    return [select(of.child, of.link).where(*theirs, side == account_id) for side in sides]


async def _is_known(connection: AsyncConnection, opened: Dispute) -> bool:
    of = disputes.c
    is_open = (of.cause == opened.cause) & (of.state == DisputeState.OPEN)
    asked = (of.platform == opened.platform, of.link == opened.link, or_(of.dispute == opened.dispute_id, is_open))
    return bool(await connection.scalar(select(exists().where(*asked))))
