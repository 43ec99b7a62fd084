"""Deletes what campaigns keep of an account once identity erases it, and says so: the word is the evidence (R49).

While a legal hold stands on the account, everything stays as it is until the release, and so does the word.
"""

from __future__ import annotations

from datetime import timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import delete, update

from xacthuc.backfill.adapters.job_kinds import JobKind
from xacthuc.backfill.adapters.rows import of_campaign
from xacthuc.backfill.adapters.tables import asks, campaigns, people, targets
from xacthuc.grpckit.errors import DeadlineExceeded, Unavailable
from xacthuc.jobs.job import Done, Job, RetryAt
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.backfill.adapters.identity_client import IdentityClient
    from xacthuc.clock import Clock
    from xacthuc.sql.sweep import Held

WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
"""How long a job that failed waits each time, before an operator has to look at it."""
_AGAIN: Final = timedelta(minutes=5)
_HELD_AGAIN: Final = timedelta(hours=1)


def erase_job(platform: str, account_id: str, event: str) -> Job:
    """Returns the erasure that an event asks for; one event more is one job more, so that none waits for another."""
    return Job(JobKind.ERASE, f"{platform}/{account_id}/{event}", {"platform": platform, "account": account_id})


class Erasures:
    """The handler of `JobKind.ERASE`."""

    def __init__(self, engine: AsyncEngine, identity: IdentityClient, held: Held, clock: Clock) -> None:
        """Takes the pool, whom to tell, and who knows what holds keep."""
        self._engine = engine
        self._identity = identity
        self._held = held
        self._clock = clock

    async def handle(self, job: Job) -> Done | RetryAt:
        """Erases in one commit, then says so; killed between both, it is done again and says the same."""
        platform, account_id = (str(job.payload[name]) for name in ("platform", "account"))
        try:
            if (platform, account_id) in await self._held():
                return RetryAt(self._clock.now() + _HELD_AGAIN, "HELD")
            await self.erase(platform, account_id)
            asked = await self._identity.acknowledge_erasure(
                platform, account_id, str(uuid5(NAMESPACE_URL, f"erasure/{job.key}"))
            )
        except (Unavailable, DeadlineExceeded):
            return RetryAt(self._clock.now() + _AGAIN, "IDENTITY_AWAY")
        return Done("ERASED" if asked else "NOT_ASKED")

    async def erase(self, platform: str, account_id: str) -> None:
        """Deletes the account from every campaign, which counts it from then on as erased: its figures still balance."""
        of, whom = targets.c, people.c
        whose = (of.platform == platform, of.account == account_id)
        async with transaction(self._engine) as connection:
            gone = await connection.execute(delete(targets).where(*whose).returning(of.campaign, of.person))
            for name, person in sorted(gone, key=itemgetter(0)):
                counted = update(campaigns).where(*of_campaign(campaigns, platform, name))
                await connection.execute(counted.values(erased=campaigns.c.erased + 1))
                await connection.execute(
                    update(people)
                    .where(*of_campaign(people, platform, name), whom.person == person, whom.account == account_id)
                    .values(account=None)
                )
            await connection.execute(delete(asks).where(asks.c.platform == platform, asks.c.account == account_id))
