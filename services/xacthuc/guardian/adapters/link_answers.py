"""Answering with a link, the same whenever the request comes again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from xacthuc.guardian.adapters import link_rows
from xacthuc.guardian.domain.links import Declaration, EndCause, Link, State
from xacthuc.guardian.domain.relations import Relation, WardGround

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.order import Order
    from xacthuc.sql.requests import SqlRequests


async def answered(connection: AsyncConnection, requests: SqlRequests, order: Order) -> Link | None:
    """Returns what the order was answered before; RequestIdReused when it came with another payload."""
    seen = await requests.find(connection, order)
    return None if seen is None or seen.answer is None else _read(seen.answer)


async def answer(connection: AsyncConnection, requests: SqlRequests, order: Order, link: str, now: datetime) -> Link:
    """Returns the link as it is now, and keeps it for repetitions of the order."""
    done = await link_rows.read(connection, order.platform, link)
    if done is None:
        raise RuntimeError("a link that was written is not there")
    await requests.record(connection, order, done.child_id, done, now)
    return done


def _read(fields: Mapping[str, Any]) -> Link:
    declared = fields["declaration"]
    return Link(
        link=fields["link"],
        child_id=fields["child_id"],
        guardian_id=fields["guardian_id"],
        relation=Relation(fields["relation"]),
        state=State(fields["state"]),
        end_cause=EndCause(fields["end_cause"]) if fields["end_cause"] else None,
        declaration=None if declared is None else _declaration(declared),
        dispute=fields["dispute"],
        expire_time=datetime.fromisoformat(fields["expire_time"]),
        start_time=instant(fields["start_time"]),
        end_time=instant(fields["end_time"]),
        create_time=datetime.fromisoformat(fields["create_time"]),
        update_time=datetime.fromisoformat(fields["update_time"]),
    )


def _declaration(fields: Mapping[str, Any]) -> Declaration:
    return Declaration(
        text_version=fields["text_version"],
        accept_time=datetime.fromisoformat(fields["accept_time"]),
        ward_ground=WardGround(fields["ward_ground"]) if fields["ward_ground"] else None,
    )


def instant(text: str | None) -> datetime | None:
    """Reads a time that may not have come."""
    return None if text is None else datetime.fromisoformat(text)
