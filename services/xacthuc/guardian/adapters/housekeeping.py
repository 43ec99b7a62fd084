"""Destroys what was to be kept for a time only."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select, tuple_

from xacthuc.guardian.adapters.tables import activities, disputes, jobs, link_changes, links, outbox, requests
from xacthuc.guardian.domain.activity import kept_from
from xacthuc.guardian.domain.links import OVER
from xacthuc.policy.dates import months_after
from xacthuc.sql.engine import transaction
from xacthuc.sql.hourly import hourly
from xacthuc.sql.pairs import is_none_of
from xacthuc.sql.sweep import sweep_all, sweep_unheld
from xacthuc.watching.held import unless_unknown

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.policy import Policy
    from xacthuc.sql.sweep import Held

_AT_ONCE: Final = 1_000


class Housekeeping:
    """Runs beside the calls, in every process; rows another one is deleting are skipped."""

    def __init__(self, engine: AsyncEngine, clock: Clock, policy: Policy, held: Held) -> None:
        """Takes the pool, for how long what is kept, and who knows what holds keep for longer."""
        self._engine = engine
        self._held = held
        self._clock = clock
        self._policy = policy

    async def run(self) -> None:
        """Forgets now and then until cancelled."""
        await hourly(self.forget, "not_forgotten")

    async def forget(self) -> None:
        """Destroys everything whose time is over."""
        now, policy = self._clock.now(), self._policy
        answered = now - timedelta(days=policy.identity.request_id_days)
        await unless_unknown(self._not_held)
        await sweep_all(self._engine, requests, requests.c.create_time < answered, _AT_ONCE)
        async with transaction(self._engine) as connection:
            tried = now - timedelta(days=policy.retention.job_attempt_days)
            await jobs.forget_attempts(connection, tried)
        async with transaction(self._engine) as connection:
            told, end = now - timedelta(days=policy.events.kept_days), await outbox.ends(connection)
            await outbox.forget(connection, before=told, until=end.position)

    async def _not_held(self) -> None:
        """Destroys what a legal hold would keep (R49)."""
        now, policy, of = self._clock.now(), self._policy, activities.c
        shown = of.occur_time < kept_from(now, policy)
        await sweep_unheld(self._engine, activities, shown, _AT_ONCE, held=self._held, whose=of.child)
        while await self._links(months_after(now, -policy.supervision.history_months)) == _AT_ONCE:
            pass

    async def _links(self, before: datetime) -> int:
        """Destroys links that are over for so long, with what became of them; returns how many."""
        of = links.c
        free = is_none_of(await self._held(), of.platform, of.child, of.guardian, of.invited_account)
        async with transaction(self._engine) as connection:
            found = await connection.execute(
                select(of.platform, of.link)
                .where(of.state.in_(OVER), of.update_time < before, free)
                .limit(_AT_ONCE)
                .with_for_update(skip_locked=True)
            )
            old: list[Any] = [tuple(row) for row in found]
            for table in (link_changes, disputes, links):
                await connection.execute(delete(table).where(tuple_(table.c.platform, table.c.link).in_(old)))
        return len(old)
