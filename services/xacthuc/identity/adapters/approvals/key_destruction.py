"""Destroying what is kept of an account that has ended, before its time: the executor of KEY_DESTRUCTION.

The law orders what is kept to be kept until `purge_time` (R49), so only an order to the contrary ends it earlier, and
nothing brings it back. What is done at that time is done now: `purge` destroys the keys first and empties the rows then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, update

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.grpckit.errors import FailedPrecondition, NotFound
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.adapters.account_queries import life_of
from xacthuc.identity.adapters.account_writes import lock_accounts
from xacthuc.identity.adapters.purge import purge_job
from xacthuc.identity.adapters.retention.put_away import is_account_held
from xacthuc.identity.adapters.tables import accounts, jobs, trail
from xacthuc.identity.domain.approvals import Executed, Failed
from xacthuc.identity.domain.facts import Life
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.purge import Purge
    from xacthuc.identity.domain.approvals import Act, Approval

_NAME: Final = len("accounts/")


class KeyDestruction:
    """The port `Executor`."""

    def __init__(self, engine: AsyncEngine, purge: Purge, clock: Clock) -> None:
        """Takes the pool for writes, and what destroys."""
        self._engine = engine
        self._purge = purge
        self._clock = clock

    async def check(self, act: Act) -> None:
        """Refuses accounts that are not there or have not ended."""
        async with transaction(self._engine) as connection:
            life = await life_of(connection, act.platform, _account(act))
        if life is None:
            raise NotFound(Reason.ACCOUNT_NOT_FOUND, "no such account of this platform")
        if life == Life.OPEN:
            raise FailedPrecondition(
                Reason.ACCOUNT_STATE, "the account is open; close or erase it first", metadata={"state": life}
            )

    async def execute(self, approval: Approval) -> Executed | Failed:
        """Brings the time of destruction forward, and destroys; a job takes up what a killed process leaves."""
        platform, account_id = approval.act.platform, _account(approval.act)
        now = self._clock.now()
        job = purge_job(platform, account_id, now)
        async with transaction(self._engine) as connection:
            await lock_accounts(connection, platform, (account_id,))
            life = await life_of(connection, platform, account_id)
            if life is None:
                return Failed("ACCOUNT_NOT_FOUND")
            if life == Life.OPEN:
                return Failed("ACCOUNT_OPEN")
            if await is_account_held(connection, platform, account_id):
                return Failed("ACCOUNT_HELD")
            if life != Life.ERASED:
                await _bring_forward(connection, approval, now)
                await jobs.enqueue(connection, [job])
        delayed = await self._purge.purge(job)
        return Executed({"life": Life.ERASED}) if delayed is None else Failed(delayed.outcome)


async def _bring_forward(connection: AsyncConnection, approval: Approval, now: datetime) -> None:
    platform, account_id, of = approval.act.platform, _account(approval.act), accounts.c
    changed = await connection.execute(
        update(accounts)
        .where(of.platform == platform, of.account == account_id)
        .where(or_(of.purge_time.is_(None), of.purge_time > now))
        .values(purge_time=now)
    )
    if changed.rowcount:
        entry = Entry(
            tag=Tag.PURGE_BROUGHT_FORWARD,
            time=now,
            platform=platform,
            subject=account_id,
            actor=f"approval:{approval.id}",
            request_id="",
            trace_id="",
            detail={"basis": approval.act.text("basis")},
        )
        await trail.write(connection, [entry])


def _account(act: Act) -> str:
    return act.text("account")[_NAME:]
