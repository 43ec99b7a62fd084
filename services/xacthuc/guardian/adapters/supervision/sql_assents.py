"""Consent to publishing a child's private information, in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.guardian.adapters.events import EventKind
from xacthuc.guardian.adapters.link_answers import instant
from xacthuc.guardian.adapters.link_writes import entry, event, lock_child
from xacthuc.guardian.adapters.supervision.active import ward_of
from xacthuc.guardian.adapters.tables import child_assents, links, outbox, trail
from xacthuc.guardian.domain.assents import Assent
from xacthuc.guardian.domain.links import State
from xacthuc.guardian.ports.assents import Recorded, Standing
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row, Select
    from sqlalchemy.dialects.postgresql import Insert
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.guardian.ports.assents import Said
    from xacthuc.order import Order
    from xacthuc.sql.columns import Json
    from xacthuc.sql.requests import SqlRequests


class SqlAssents:
    """The port `Assents`. What was said before is in the audit trail."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests) -> None:
        """Takes the pool, and what recognises repetitions."""
        self._engine = engine
        self._requests = requests

    async def answered(self, order: Order) -> Recorded | None:
        """Reads what is kept for the order."""
        async with transaction(self._engine) as connection:
            return await self._answered(connection, order)

    async def record(
        self, order: Order, said: Said, is_complete: Callable[[Standing], bool], now: datetime
    ) -> Recorded | None:
        """Writes one side of the row, under the child's lock, under which no link of it ends."""
        platform, link = order.platform, said.guardian_link
        async with transaction(self._engine) as connection:
            await lock_child(connection, platform, said.child)
            if seen := await self._answered(connection, order):
                return seen
            if link and await ward_of(connection, platform, link) != said.child:
                return None
            agreed = await _is_agreed(connection, platform, said)
            if not agreed:
                await connection.execute(_kept(platform, said, now))
            wanted = _standing(platform, said.child).where(child_assents.c.feature == said.feature)
            standing = _read((await connection.execute(wanted)).one())
            done = Recorded(standing.assent, is_complete(standing))
            # Of a child for whom nobody was ever invited there is nothing to lock: the same call may have come beside this.
            if not await self._requests.record(connection, order, said.child, done, now):
                seen = await self._answered(connection, order)
                await connection.rollback()
                return seen
            detail: Json = {
                "feature": said.feature,
                "link": link,
                "text_version": said.text_version,
                "withdrawn": said.withdrawn,
            }
            await trail.write(connection, [entry(order, Tag.CHILD_ASSENT_RECORDED, said.child, now, detail)])
            if not agreed:
                told = event(order, EventKind.ASSENT_RECORDED, said.child, now, {"link": link})
                await outbox.append(connection, [told])
            return done

    async def page(self, platform: str, child: str, after: str, limit: int) -> Sequence[Standing]:
        """Reads them by keyset."""
        of = child_assents.c
        wanted = _standing(platform, child).where(of.feature > after).order_by(of.feature).limit(limit)
        async with transaction(self._engine) as connection:
            return [_read(row) for row in await connection.execute(wanted)]

    async def _answered(self, connection: AsyncConnection, order: Order) -> Recorded | None:
        seen = await self._requests.find(connection, order)
        return None if seen is None or seen.answer is None else _recorded(seen.answer)


async def _is_agreed(connection: AsyncConnection, platform: str, said: Said) -> bool:
    """Whether a guardian agrees to what another one, who still answers, agreed to: it goes on counting as theirs."""
    if not said.guardian_link or said.withdrawn:
        return False
    of, others = child_assents.c, links.c
    stands = exists().where(
        of.platform == platform,
        of.child == said.child,
        of.feature == said.feature,
        of.guardian_link != said.guardian_link,
        others.platform == of.platform,
        others.link == of.guardian_link,
        others.state == State.ACTIVE,
    )
    return bool(await connection.scalar(select(stands)))


def _recorded(fields: Mapping[str, Any]) -> Recorded:
    assent = fields["assent"]
    times = {name: instant(assent[name]) for name in ("child_accept_time", "guardian_accept_time")}
    kept = Assent(child=assent["child"], feature=assent["feature"], guardian_link=assent["guardian_link"], **times)
    return Recorded(kept, fields["complete"])


def _kept(platform: str, said: Said, now: datetime) -> Insert:
    text, time = (None, None) if said.withdrawn else (said.text_version, said.accept_time)
    if said.guardian_link:
        link = None if said.withdrawn else said.guardian_link
        side = {"guardian_text": text, "guardian_accept_time": time, "guardian_link": link}
    else:
        side = {"child_text": text, "child_accept_time": time}
    key = {"platform": platform, "child": said.child, "feature": said.feature}
    written = {**side, "update_time": now}
    return insert(child_assents).values(**key, **written).on_conflict_do_update(index_elements=list(key), set_=written)


def _standing(platform: str, child: str) -> Select[Any]:
    of, link = child_assents.c, links.c
    by = and_(link.platform == of.platform, link.link == of.guardian_link, link.child == of.child)
    represented = func.coalesce(link.state == State.ACTIVE, False).label("represented")
    query = select(child_assents, represented).select_from(child_assents).outerjoin(links, by)
    return query.where(of.platform == platform, of.child == child)


def _read(row: Row[Any]) -> Standing:
    assent = Assent(
        child=row.child,
        feature=row.feature,
        child_accept_time=row.child_accept_time,
        guardian_accept_time=row.guardian_accept_time,
        guardian_link=row.guardian_link or "",
    )
    return Standing(assent, row.represented)
