"""Campaigns, in PostgreSQL. Who changes one locks its row."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.backfill.adapters import plans, rows
from xacthuc.backfill.adapters.figures import figures_of
from xacthuc.backfill.adapters.tables import campaigns, targets, trail, waves
from xacthuc.backfill.domain.campaign import CampaignState, WaveState
from xacthuc.backfill.domain.lifecycle import OVER, Bar, may_add
from xacthuc.sql.engine import transaction
from xacthuc.sql.errors import DatabaseBusy
from xacthuc.telemetry.tracing import carried

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.backfill.adapters.numbers import Numbers
    from xacthuc.backfill.domain.lifecycle import Change
    from xacthuc.backfill.ports.campaigns import Figures, Kept, NewTarget
    from xacthuc.order import Order
    from xacthuc.sql.columns import Json
    from xacthuc.sql.requests import SqlRequests

_SURVEY: Final = text(f"ANALYZE {targets.fullname}")
_ADD: Final = insert(targets).on_conflict_do_nothing().returning(targets.c.account)


class SqlCampaigns:
    """The port `Campaigns`."""

    def __init__(self, engine: AsyncEngine, counting: AsyncEngine, requests: SqlRequests, numbers: Numbers) -> None:
        """Takes the pool for calls, that for counting, what keeps answers, and what seals numbers."""
        self._engine = engine
        self._counting = counting
        self._requests = requests
        self._numbers = numbers

    async def create(self, order: Order, new: Kept) -> Kept | None:
        """Keeps it with its waves."""
        key = {"platform": order.platform, "campaign": new.name}
        made = insert(campaigns).values(
            **key, state=new.state, plan=plans.spell(new.plan), erased=0, create_time=new.create_time, reason=""
        )
        async with transaction(self._engine) as connection:
            if await self._requests.find(connection, order):
                return await _kept(connection, order.platform, new.name)
            if (await connection.execute(made.on_conflict_do_nothing())).rowcount == 0:
                return None
            numbered = range(1, len(new.plan.ladder) + 1)
            await connection.execute(
                insert(waves), [{**key, "wave": wave, **rows.fresh(WaveState.CANARY, None)} for wave in numbered]
            )
            detail: Json = {"waves": len(new.plan.ladder), "end_time": new.plan.end.isoformat()}
            await self._written(connection, order, Tag.CAMPAIGN_CREATED, new.name, now=new.create_time, detail=detail)
        return new

    async def change(
        self,
        order: Order,
        name: str,
        decide: Callable[[Figures], Change | Bar],
        now: datetime,
        *,
        tag: Tag,
        reason: str,
    ) -> Kept | Bar | None:
        """Decides by what was counted under the lock."""
        trace = carried()  # of the call: within the transaction a step of it is current
        async with transaction(self._counting) as connection:
            found = await rows.read(connection, order.platform, name, lock=True)
            if found is None:
                return None
            if await self._requests.find(connection, order):
                return rows.kept_of(found)
            decided = decide(await figures_of(connection, found))
            if isinstance(decided, Bar):
                return decided
            await self._write(connection, found, decided, reason, now, trace=trace)
            detail: Json = {"state": decided.state, "reason": reason}
            await self._written(connection, order, tag, name, now=now, detail=detail)
            return await _kept(connection, order.platform, name)

    async def add(self, order: Order, name: str, added: Sequence[NewTarget], now: datetime) -> int | Bar | None:
        """Leaves who is in it as they are."""
        async with transaction(self._engine) as connection:
            found = await rows.read(connection, order.platform, name, lock=True)
            if found is None:
                return None
            if bar := may_add(CampaignState(found.state)):
                return bar
            new = self._numbers.rows(rows.kept_of(found), added, now)
            # As many rows of one statement, which is compiled once: as values of it a thousand take 0.13 s each time.
            kept = await connection.execute(_ADD, new)
            count = len(kept.all())
            if count:
                entry = rows.entry(order, Tag.CAMPAIGN_TARGETS_ADDED, name, now, {"accounts": count})
                await trail.write(connection, [entry])
        return count

    async def survey(self) -> None:
        """Has PostgreSQL look at what was added.

        It takes minutes to do so by itself. Until then it may search for each account among all of its campaign, and a batch
        takes longer than a transaction may, while everybody waits who wants to stop it.
        """
        with suppress(DatabaseBusy):  # it will have looked, later
            async with transaction(self._counting) as connection:
                await connection.execute(_SURVEY)

    async def figures(self, platform: str, name: str) -> Figures | None:
        """Counts beside everything else."""
        async with transaction(self._counting) as connection:
            found = await rows.read(connection, platform, name)
            return None if found is None else await figures_of(connection, found)

    async def page(self, platform: str, after: str, limit: int) -> list[Kept]:
        """Walks the key."""
        of = campaigns.c
        found = select(campaigns).where(of.platform == platform, of.campaign > after).order_by(of.campaign).limit(limit)
        async with transaction(self._engine) as connection:
            return [rows.kept_of(row) for row in await connection.execute(found)]

    async def _write(
        self,
        connection: AsyncConnection,
        found: Row[Any],
        change: Change,
        reason: str,
        now: datetime,
        *,
        trace: str | None,
    ) -> None:
        key = (found.platform, found.campaign)
        starts = found.start_time is None and change.state is CampaignState.RUNNING
        await connection.execute(
            update(campaigns)
            .where(*rows.of_campaign(campaigns, *key))
            .values(
                state=change.state,
                plan=plans.spell(change.plan),
                start_time=now if starts else found.start_time,
                trace=trace if starts else found.trace,
                close_time=now if change.state in OVER else None,
                reason=reason,
            )
        )
        if change.opens_held:
            await rows.open_waves(connection, *key, now, waves.c.state == WaveState.HELD)

    async def _written(
        self, connection: AsyncConnection, order: Order, tag: Tag, name: str, *, now: datetime, detail: Json
    ) -> None:
        await trail.write(connection, [rows.entry(order, tag, name, now, detail)])
        await self._requests.record(connection, order, None, None, now)


async def _kept(connection: AsyncConnection, platform: str, name: str) -> Kept | None:
    found = await rows.read(connection, platform, name)
    return None if found is None else rows.kept_of(found)
