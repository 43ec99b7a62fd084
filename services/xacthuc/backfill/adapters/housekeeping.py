"""Destroys what was to be kept for a time only."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, exists, select

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
from xacthuc.sql.sweep import sweep_all

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.policy import Policy

_AT_ONCE: Final = 500
_OF_ACCOUNTS: Final = (asks, people, targets)


class Housekeeping:
    """Runs beside the calls, in every process; rows another one is deleting are skipped."""

    def __init__(self, engine: AsyncEngine, clock: Clock, policy: Policy) -> None:
        """Takes the pool, and for how long what is kept."""
        self._engine = engine
        self._clock = clock
        self._policy = policy

    async def run(self) -> None:
        """Forgets now and then until cancelled."""
        await hourly(self.forget, "not_forgotten")

    async def forget(self) -> None:
        """Destroys everything whose time is over."""
        now, policy = self._clock.now(), self._policy
        await self._campaigns(months_after(now, -policy.retention.record_months))
        answered = now - timedelta(days=policy.identity.request_id_days)
        await sweep_all(self._engine, requests, requests.c.create_time < answered, _AT_ONCE)
        await sweep_all(self._engine, receipts, receipts.c.create_time < now - KEPT, _AT_ONCE)
        async with transaction(self._engine) as connection:
            await jobs.forget_attempts(connection, now - timedelta(days=policy.retention.job_attempt_days))

    async def _campaigns(self, before: datetime) -> None:
        """Deletes campaigns that are over for so long: what is kept of accounts first, some rows in a transaction."""
        async with transaction(self._engine) as connection:
            found = await connection.execute(select(campaigns).where(campaigns.c.close_time < before))
            over = found.all()
        for campaign in over:
            for table in _OF_ACCOUNTS:
                await sweep_all(self._engine, table, and_(*of_campaign(table, *_key(campaign))), _AT_ONCE)
            await self._delete(campaign)

    async def _delete(self, campaign: Row[tuple[object, ...]]) -> None:
        left = [exists().where(*of_campaign(table, *_key(campaign))) for table in _OF_ACCOUNTS]
        async with transaction(self._engine) as connection:
            # Somebody else is at a row: the next hour finds it.
            if await connection.scalar(select(left[0] | left[1] | left[2])):
                return
            for table in (spends, restrictions, waves, campaigns):
                await connection.execute(delete(table).where(*of_campaign(table, *_key(campaign))))


def _key(campaign: Row[tuple[object, ...]]) -> tuple[str, str]:
    return campaign.platform, campaign.campaign
