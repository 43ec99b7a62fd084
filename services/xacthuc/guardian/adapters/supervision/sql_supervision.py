"""What guardians allow, in PostgreSQL: beside the version that identity is told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from xacthuc.audit.tags import Tag
from xacthuc.guardian.adapters.events import EventKind
from xacthuc.guardian.adapters.jobs import push_job
from xacthuc.guardian.adapters.link_rows import read
from xacthuc.guardian.adapters.link_writes import entry, event
from xacthuc.guardian.adapters.tables import children, jobs, outbox, trail
from xacthuc.guardian.domain.links import State
from xacthuc.guardian.domain.supervision import QuietHours, Supervision, widens
from xacthuc.guardian.ports.links import Disputed, WrongState
from xacthuc.guardian.ports.supervision import Supervised, Widening
from xacthuc.policy import Action
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.order import Order
    from xacthuc.sql.columns import Json
    from xacthuc.sql.requests import SqlRequests


class SqlSupervisions:
    """The port `Supervisions`."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests) -> None:
        """Takes the pool, and what recognises repetitions."""
        self._engine = engine
        self._requests = requests

    async def change(
        self, order: Order, link: str, becomes: Callable[[Supervision], Supervision], now: datetime, *, may_widen: bool
    ) -> Supervised | WrongState | Disputed | Widening:
        """Locks the child, under which no link of it ends; a change that changes nothing makes no version."""
        platform = order.platform
        async with transaction(self._engine) as connection:
            first = await read(connection, platform, link)
            kept = None if first is None else await _find(connection, platform, first.child_id, lock=True)
            seen = await self._requests.find(connection, order)
            if seen is not None and seen.answer is not None:
                return _answered(seen.answer)
            # Between the first look and the lock it may have ended.
            acting = await read(connection, platform, link)
            if kept is None or acting is None or acting.state is not State.ACTIVE:
                return WrongState(None if acting is None else acting.standing(now))
            child, wanted = kept.child, becomes(kept.supervision)
            if widens(kept.supervision, wanted) and (acting.dispute or not may_widen):
                return Disputed(link, acting.state) if acting.dispute else Widening()
            if wanted == kept.supervision:
                await self._requests.record(connection, order, child, _answer(kept), now)
                return kept
            after = Supervised(child=child, supervision=wanted, version=kept.version + 1, update_time=now)
            await self._requests.record(connection, order, child, _answer(after), now)
            await _keep(connection, platform, after)
            detail: Json = {
                "link": link,
                "version": after.version,
                "suspended": wanted.suspended,
                "actions": " ".join(sorted(wanted.actions)),
                "quiet_from": wanted.quiet.start,
                "quiet_to": wanted.quiet.end,
            }
            await trail.write(connection, [entry(order, Tag.SUPERVISION_SET, child, now, detail)])
            await outbox.append(connection, [event(order, EventKind.SUPERVISION_SET, child, now, {"link": link})])
            await jobs.enqueue(connection, [push_job(platform, child)])
            return after

    async def get(self, platform: str, child: str) -> Supervised | None:
        """Reads it."""
        async with transaction(self._engine) as connection:
            kept = await _find(connection, platform, child)
        return kept if kept is not None and kept.version else None


async def _find(connection: AsyncConnection, platform: str, child: str, *, lock: bool = False) -> Supervised | None:
    wanted = select(children).where(children.c.platform == platform, children.c.child == child)
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).one_or_none()
    return None if row is None else _read(row)


async def _keep(connection: AsyncConnection, platform: str, after: Supervised) -> None:
    supervision = after.supervision
    await connection.execute(
        update(children)
        .where(children.c.platform == platform, children.c.child == after.child)
        .values(
            version=after.version,
            suspended=supervision.suspended,
            actions=sorted(supervision.actions),
            quiet_from=supervision.quiet.start,
            quiet_to=supervision.quiet.end,
            update_time=after.update_time,
        )
    )


def _answered(answer: Mapping[str, Any]) -> Supervised:
    """Reads what was answered before."""
    actions, quiet, suspended = answer["supervision"]
    return Supervised(
        child=answer["child"],
        supervision=Supervision(frozenset(map(Action, actions)), QuietHours(*quiet), suspended),
        version=answer["version"],
        update_time=datetime.fromisoformat(answer["update_time"]),
    )


def _answer(kept: Supervised) -> dict[str, object]:
    """Spells what is answered, for a repetition."""
    actions, quiet, suspended = kept.supervision
    return {
        "child": kept.child,
        "supervision": [sorted(actions), list(quiet), suspended],
        "version": kept.version,
        "update_time": kept.update_time.isoformat(),
    }


def _read(row: Row[Any]) -> Supervised:
    return Supervised(
        child=row.child,
        supervision=Supervision(
            actions=frozenset(map(Action, row.actions)),
            quiet=QuietHours(row.quiet_from, row.quiet_to),
            suspended=row.suspended,
        ),
        version=row.version,
        update_time=row.update_time,
    )
