"""Erases what no law keeps of an account once identity erases it, and says so: the word is the evidence (R49).

Who was on air and sold there is kept for its own time (`policy.livestream.record_months`), and identity is told until when.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import case, delete, exists, func, select

from xacthuc.grpckit.errors import DeadlineExceeded, Unavailable
from xacthuc.jobs.job import Done, Job, RetryAt
from xacthuc.livestream.adapters import rows
from xacthuc.livestream.adapters.job_kinds import JobKind
from xacthuc.livestream.adapters.rows import OVER_SINCE
from xacthuc.livestream.adapters.tables import broadcasters, broadcasts, requests
from xacthuc.livestream.domain.broadcast import State
from xacthuc.policy.dates import months_after
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.livestream.adapters.identity_client import IdentityClient
    from xacthuc.policy import Policy

WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
"""How long a job that failed waits each time, before an operator has to look at it."""
_AGAIN: Final = timedelta(minutes=5)


def erase_job(platform: str, account_id: str, event: str) -> Job:
    """Returns the erasure that an event asks for; one event more is one job more, so that none waits for another."""
    return Job(JobKind.ERASE, f"{platform}/{account_id}/{event}", {"platform": platform, "account": account_id})


class Erasures:
    """The handler of `JobKind.ERASE`."""

    def __init__(self, engine: AsyncEngine, identity: IdentityClient, policy: Policy, clock: Clock) -> None:
        """Takes the pool, whom to tell, and for how long the record is kept."""
        self._engine = engine
        self._identity = identity
        self._policy = policy
        self._clock = clock

    async def handle(self, job: Job) -> Done | RetryAt:
        """Erases in one commit, then says so; killed between both, it is done again and says the same."""
        platform, account_id = (str(job.payload[name]) for name in ("platform", "account"))
        until = await self.erase(platform, account_id)
        request_id = str(uuid5(NAMESPACE_URL, f"erasure/{job.key}/{until}"))
        try:
            asked = await self._identity.acknowledge_erasure(platform, account_id, until, request_id)
        except (Unavailable, DeadlineExceeded):
            return RetryAt(self._clock.now() + _AGAIN, "IDENTITY_AWAY")
        return Done("ERASED" if asked else "NOT_ASKED")

    async def erase(self, platform: str, account_id: str) -> datetime | None:
        """Erases; returns until when the rest is kept, None when nothing is left."""
        of, now = broadcasts.c, self._clock.now()
        over = case((of.state == State.LIVE, now), else_=OVER_SINCE)
        last = select(func.max(over)).where(of.platform == platform, of.account == account_id)
        whose = broadcasters.c
        async with transaction(self._engine) as connection:
            # First the account, as everybody does; under its lock nothing new comes to be on record of it.
            await rows.heard(connection, platform, account_id, lock=True)
            rest = exists().where(of.platform == platform, of.account == account_id)
            await connection.execute(
                delete(broadcasters).where(whose.platform == platform, whose.account == account_id, ~rest)
            )
            await connection.execute(
                delete(requests).where(requests.c.platform == platform, requests.c.account == account_id)
            )
            newest: datetime | None = await connection.scalar(last)
        return None if newest is None else months_after(newest, self._policy.livestream.record_months)
