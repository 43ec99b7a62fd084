"""Rows of links, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from xacthuc.guardian.adapters.tables import disputes, links
from xacthuc.guardian.domain.links import Declaration, EndCause, Link, State
from xacthuc.guardian.domain.relations import Relation, WardGround

if TYPE_CHECKING:
    from sqlalchemy import Row, Select
    from sqlalchemy.ext.asyncio import AsyncConnection


async def read(connection: AsyncConnection, platform: str, link: str) -> Link | None:
    """Returns a link as it is within a transaction."""
    found = select_links().where(links.c.platform == platform, links.c.link == link)
    row = (await connection.execute(found)).one_or_none()
    return None if row is None else link_of(row)


async def active_of(connection: AsyncConnection, platform: str, child: str) -> list[Link]:
    """Returns the links by which somebody answers for a child now, the oldest first."""
    return await links_at(connection, platform, child, State.ACTIVE)


async def links_at(connection: AsyncConnection, platform: str, child: str, *states: State) -> list[Link]:
    """Returns the links of a child that stand so, the oldest first."""
    of = links.c
    found = select_links().where(of.platform == platform, of.child == child, of.state.in_(states)).order_by(of.id)
    return [link_of(row) for row in await connection.execute(found)]


def select_links() -> Select[Any]:
    """With the dispute that is open about a link, if any."""
    of = disputes.c
    opened = (
        select(func.max(of.dispute))
        .where(of.platform == links.c.platform, of.link == links.c.link, of.state == "OPEN")
        .scalar_subquery()
    )
    return select(links, opened.label("dispute"))


def link_of(row: Row[Any]) -> Link:
    """Reads a row."""
    declaration = None
    if row.text_version is not None:
        declaration = Declaration(
            text_version=row.text_version,
            accept_time=row.accept_time,
            ward_ground=WardGround(row.ward_ground) if row.ward_ground else None,
        )
    return Link(
        link=row.link,
        child_id=row.child,
        guardian_id=row.guardian,
        relation=Relation(row.relation),
        state=State(row.state),
        end_cause=EndCause(row.end_cause) if row.end_cause else None,
        declaration=declaration,
        dispute=row.dispute or "",
        expire_time=row.expire_time,
        start_time=row.start_time,
        end_time=row.end_time,
        create_time=row.create_time,
        update_time=row.update_time,
    )
