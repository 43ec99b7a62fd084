"""Destroys what was to be kept for a time only."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, exists, select

from xacthuc.backfill.adapters.emptying import empty
from xacthuc.backfill.adapters.rows import of_campaign
from xacthuc.backfill.adapters.settling import KEPT
from xacthuc.backfill.adapters.tables import (
    asks,
    campaigns,
    jobs,
    people,
    receipts,
    requests,
    restrictions,
    spends,
    targets,
    waves,
)
from xacthuc.policy.dates import months_after
from xacthuc.sql.engine import transaction
from xacthuc.sql.hourly import hourly
from xacthuc.sql.sweep import sweep_all, sweep_unheld
from xacthuc.watching.held import unless_unknown

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.policy import Policy
    from xacthuc.sql.sweep import Held

_AT_ONCE: Final = 500
_OF_ACCOUNTS: Final = (asks, targets)
_KEPT_BY_ACCOUNTS: Final = (*_OF_ACCOUNTS, people)


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
        await unless_unknown(self._not_held)
        answered = now - timedelta(days=policy.identity.request_id_days)
        await sweep_all(self._engine, requests, requests.c.create_time < answered, _AT_ONCE)
        await sweep_all(self._engine, receipts, receipts.c.create_time < now - KEPT, _AT_ONCE)
        async with transaction(self._engine) as connection:
            await jobs.forget_attempts(connection, now - timedelta(days=policy.retention.job_attempt_days))

    async def _not_held(self) -> None:
        """Destroys what a legal hold would keep (R49)."""
        await self._numbers()
        await self._campaigns(months_after(self._clock.now(), -self._policy.retention.record_months))

    async def _numbers(self) -> None:
        """Destroys numbers that a hold kept when their campaign was over, and keeps no longer."""
        left = exists().where(
            targets.c.platform == campaigns.c.platform,
            targets.c.campaign == campaigns.c.campaign,
            targets.c.person.is_not(None),
        )
        kept = select(campaigns.c.platform, campaigns.c.campaign).where(campaigns.c.empty_time.is_not(None), left)
        async with transaction(self._engine) as connection:
            found = (await connection.execute(kept)).all()
        for platform, name in found:
            await empty(self._engine, platform, name, self._held)

    async def _campaigns(self, before: datetime) -> None:
        """Deletes campaigns that are over for so long: what is kept of accounts first, some rows in a transaction."""
        async with transaction(self._engine) as connection:
            found = await connection.execute(select(campaigns).where(campaigns.c.close_time < before))
            over = found.all()
        for campaign in over:
            for table in _OF_ACCOUNTS:
                theirs = and_(*of_campaign(table, *_key(campaign)))
                await sweep_unheld(self._engine, table, theirs, _AT_ONCE, held=self._held, whose=table.c.account)
            await self._delete(campaign)

    async def _delete(self, campaign: Row[tuple[object, ...]]) -> None:
        left = [exists().where(*of_campaign(table, *_key(campaign))) for table in _KEPT_BY_ACCOUNTS]
        async with transaction(self._engine) as connection:
            # Somebody else is at a row, or a hold keeps it: a later hour finds it.
            if await connection.scalar(select(left[0] | left[1] | left[2])):
                return
            for table in (spends, restrictions, waves, campaigns):
                await connection.execute(delete(table).where(*of_campaign(table, *_key(campaign))))


def _key(campaign: Row[tuple[object, ...]]) -> tuple[str, str]:
    return campaign.platform, campaign.campaign
