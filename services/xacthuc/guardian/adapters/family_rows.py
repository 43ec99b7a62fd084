"""Reading and locking a family within a transaction: the child, who answers for it, and how much happened in a day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from xacthuc.guardian.adapters.link_rows import read
from xacthuc.guardian.adapters.link_writes import lock_child
from xacthuc.guardian.adapters.tables import children, links
from xacthuc.guardian.domain.family import Answering
from xacthuc.guardian.domain.links import State
from xacthuc.guardian.domain.relations import Relation

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.guardian.domain.links import Link

_DAY: Final = timedelta(days=1)
_ONE_GUARDIAN: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:guardian, 2))")
"""Seed 2 keeps it apart from the relay's lock and the migrations'."""


async def lock_family(connection: AsyncConnection, platform: str, link: str) -> Link | None:
    """Locks the child of a link and returns the link as it stands under that lock; None when there is none.

    With the guardian first, where one is known: how many children somebody answers for is counted under it.
    """
    seen = await read(connection, platform, link)
    if seen is None:
        return None
    if seen.guardian_id is not None:
        await lock_guardian(connection, platform, seen.guardian_id)
    await lock_child(connection, platform, seen.child_id)
    return await read(connection, platform, link)


async def lock_guardian(connection: AsyncConnection, platform: str, guardian_id: str) -> None:
    """Lets one transaction at a time bring a guardian another child. Before the child's lock, always."""
    await connection.execute(_ONE_GUARDIAN, {"guardian": f"guardian.links/{platform}/{guardian_id}"})


async def lock_new_child(connection: AsyncConnection, platform: str, child_id: str, now: datetime) -> None:
    """Locks a child of whom nothing may be known yet: version 0, of which identity is told nothing."""
    row = {"version": 0, "suspended": False, "actions": [], "quiet_from": 0, "quiet_to": 0}
    times = {"create_time": now, "update_time": now}
    made = insert(children).values(platform=platform, child=child_id, **row, **times).on_conflict_do_nothing()
    await connection.execute(made)
    await lock_child(connection, platform, child_id)


async def answering(connection: AsyncConnection, platform: str, child_id: str) -> list[Answering]:
    """Returns who answers for a child."""
    of = links.c
    found = await connection.execute(
        select(of.guardian, of.relation).where(of.platform == platform, of.child == child_id, of.state == State.ACTIVE)
    )
    return [Answering(row.guardian, Relation(row.relation)) for row in found]


async def beside(connection: AsyncConnection, platform: str, by: str, link: Link) -> Link | None:
    """Returns the link `by` when it is another one by which somebody answers for the child of `link` now."""
    other = await read(connection, platform, by)
    return other if other is not None and other.answers_beside(link) else None


async def other_children(connection: AsyncConnection, platform: str, guardian_id: str, child_id: str) -> int:
    """Returns for how many others a guardian answers."""
    of = links.c
    return await _count(
        connection, of.platform == platform, of.guardian == guardian_id, of.state == State.ACTIVE, of.child != child_id
    )


async def taken_on(connection: AsyncConnection, platform: str, guardian_id: str, now: datetime) -> int:
    """Returns how many links a guardian confirmed within a day."""
    of = links.c
    return await _count(connection, of.platform == platform, of.guardian == guardian_id, of.confirm_time > now - _DAY)


async def invited_lately(connection: AsyncConnection, now: datetime, *whom: ColumnElement[bool]) -> int:
    """Returns how many were invited within a day."""
    return await _count(connection, *whom, links.c.create_time > now - _DAY)


async def _count(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> int:
    found: Any = await connection.scalar(select(func.count()).select_from(links).where(*conditions))
    return int(found)
