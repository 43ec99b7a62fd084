"""Broadcasts, in PostgreSQL. Who changes one locks its account's row first, then its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from xacthuc.audit.tags import Tag
from xacthuc.livestream.adapters import answers, looks, rows, steps
from xacthuc.livestream.adapters.tables import broadcasts, trail
from xacthuc.livestream.domain.broadcast import Bar, bar_to_running, close, repeated
from xacthuc.livestream.ports.broadcasts import Cleared, Kept, Prepared, Unsettled
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.livestream.adapters.looks import Look
    from xacthuc.livestream.domain.broadcast import Broadcast
    from xacthuc.livestream.ports.broadcasts import Step
    from xacthuc.order import Order
    from xacthuc.sql.requests import SqlRequests


class SqlBroadcasts:
    """The port `Broadcasts`."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests) -> None:
        """Takes the pool for calls, and what keeps answers."""
        self._engine = engine
        self._requests = requests

    async def prepare(self, order: Order, account_id: str) -> Prepared | Cleared:
        """Makes the account's row, where it is not there yet."""
        async with transaction(self._engine) as connection:
            look = await looks.at_account(connection, order, self._requests.kept(order), account_id)
            if (seen := await self._seen(connection, order, look)) is not None:
                return seen
            return Prepared(account_id, await _heard(connection, order.platform, account_id, look))

    async def prepare_known(self, order: Order, broadcast_id: str) -> Prepared | Cleared | Bar | None:
        """Reads whose broadcast it is. Of one that is over nobody has to be asked."""
        async with transaction(self._engine) as connection:
            look = await looks.at_broadcast(connection, order, self._requests.kept(order), broadcast_id)
            if (seen := await self._seen(connection, order, look)) is not None:
                return seen
            if look.found is None:
                return None
            live = look.found.kept.broadcast
            if bar := bar_to_running(live):
                return bar
            heard = await _heard(connection, order.platform, live.account_id, look)
            return Prepared(live.account_id, heard, live.authorize_time)

    async def settle(self, order: Order, step: Step, now: datetime) -> Cleared | Bar | Unsettled:
        """Decides under the locks, and writes everything or nothing."""
        platform = order.platform
        async with transaction(self._engine) as connection:
            heard = await rows.heard(connection, platform, step.account_id, lock=True)
            look = await looks.before_change(
                connection, order, self._requests.kept(order), step.account_id, step.broadcast_id
            )
            if (seen := await self._seen(connection, order, look)) is not None:
                return seen
            if heard != step.heard:
                return Unsettled.STALE
            known = None if look.found is None else close(look.found.kept.broadcast, now)
            outcome = step.decide(known, look.on_air, now)
            if isinstance(outcome, Bar):
                return outcome
            kept = await steps.write(connection, order, look.found, step, outcome, now=now)
            if kept is None:
                return Unsettled.STALE
            cleared = Cleared(kept=kept, ruling=outcome.judgement.ruling, verdict=outcome.judgement.verdict, time=now)
            await self._requests.record(connection, order, step.account_id, answers.spell_cleared(cleared), now)
        return cleared

    async def end(
        self, order: Order, broadcast_id: str, decide: Callable[[Broadcast], Broadcast | Bar], now: datetime
    ) -> Kept | Bar | None:
        """Nobody has to be asked: an end is never refused for what is known of the account."""
        async with transaction(self._engine) as connection:
            if seen := await self._requests.find(connection, order):
                return answers.read_kept(seen.answer or {})
            found = await rows.read(connection, order.platform, broadcast_id)
            if found is None:
                return None
            account_id = found.kept.broadcast.account_id
            await rows.heard(connection, order.platform, account_id, lock=True)
            found = await rows.read(connection, order.platform, broadcast_id, lock=True)
            if found is None:
                return None
            if seen := await self._requests.find(connection, order):
                return answers.read_kept(seen.answer or {})
            before, after = found.kept.broadcast, decide(found.kept.broadcast)
            if isinstance(after, Bar):
                return after
            kept = Kept(broadcast_id=broadcast_id, broadcast=after, declarations=found.kept.declarations)
            if after != before:
                await rows.change(connection, order.platform, found._replace(kept=kept))
                detail = {"account": account_id, "state": after.state}
                await trail.write(connection, [steps.entry(order, Tag.BROADCAST_ENDED, broadcast_id, now, {**detail})])
            await self._requests.record(connection, order, account_id, kept, now)
        return kept

    async def get(self, platform: str, broadcast_id: str) -> Kept | None:
        """Reads one row by its key."""
        async with transaction(self._engine) as connection:
            found = await rows.read(connection, platform, broadcast_id)
        return None if found is None else found.kept

    async def on_air(self, platform: str, account_id: str, but: str) -> int:
        """Counts by the index of accounts."""
        async with transaction(self._engine) as connection:
            return await rows.count_on_air(connection, platform, account_id, but)

    async def list_live(self, platform: str, after: str, limit: int) -> list[Kept]:
        """Walks the index of what is LIVE."""
        of = broadcasts.c
        found = (
            select(broadcasts)
            .where(of.platform == platform, of.state == rows.LIVE, of.broadcast > after)
            .order_by(of.broadcast)
            .limit(limit)
        )
        async with transaction(self._engine) as connection:
            return [rows.found_of(row).kept for row in await connection.execute(found)]

    async def _seen(self, connection: AsyncConnection, order: Order, look: Look) -> Cleared | None:
        """Returns the answer that was given before, without what was taken back since."""
        seen = self._requests.seen(order, look.request)
        if seen is None:
            return None
        answered = answers.read_cleared(seen.answer or {})
        found = await rows.read(connection, order.platform, answered.kept.broadcast_id)
        less = None if found is None else repeated(answered.kept.broadcast, found.kept.broadcast)
        if found is None or less is None:
            return answered
        broadcast, ruling = less
        return replace(answered, kept=replace(found.kept, broadcast=broadcast), ruling=ruling)


async def _heard(connection: AsyncConnection, platform: str, account_id: str, look: Look) -> int:
    return await rows.begin_to_hear(connection, platform, account_id) if look.heard is None else look.heard
