"""Destroying what is no longer to be kept, as durable jobs: each may run twice, and takes up what a killed one left.

    DESTROY_KEY   the key of an erased account; what the law orders kept lies under another one by then
    PURGE         an account whose time has come (R21, R49), or a registration that no guardian took up

A key is destroyed before the rows it opened are emptied: from then on nothing opens them, whatever happens to the process.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.locks.tables import lock_identities, violations
from xacthuc.identity.adapters.tables import (
    accounts,
    consents,
    evidence,
    guardians,
    locks,
    number_claims,
    outbox,
    personal_id_checks,
    personal_id_claims,
    requests,
    sign_ins,
    supervisions,
    trail,
)
from xacthuc.identity.domain.facts import EvidenceKind, Life
from xacthuc.jobs.job import Job, RetryAt
from xacthuc.sql.engine import transaction
from xacthuc.sql.outbox import Event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from sqlalchemy import Row, Table
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.account_keys import AccountKeys

CURRENT: Final = (number_claims, personal_id_claims, personal_id_checks, sign_ins)
"""Tables of what is true now: nothing of an account that has ended belongs there."""

_BESIDE: Final = (consents, locks, lock_identities, violations, guardians, supervisions)
"""Tables of what else is known of an account, and would be taken for true of the next one under its id."""

_REGISTERING: Final = timedelta(minutes=1)
"""Far longer than it takes from a registration's key to its rows."""


def hold_of(account_id: str) -> str:
    """Returns what the key is called that keeps what the law ordered kept of an erased account; no account has that id."""
    return f"{account_id}:hold"


def destruction_job(platform: str, account_id: str) -> Job:
    """Returns the job that destroys an account's key, at once."""
    return _job(JobKind.DESTROY_KEY, platform, account_id, None)


def purge_job(platform: str, account_id: str, purge_time: datetime) -> Job:
    """Returns the job that destroys what is kept of an account at `purge_time`."""
    return _job(JobKind.PURGE, platform, account_id, purge_time)


def _job(kind: JobKind, platform: str, account_id: str, not_before: datetime | None) -> Job:
    return Job(kind.value, f"{platform}/{account_id}", {"platform": platform, "account": account_id}, not_before)


class Purge:
    """The handlers of both kinds."""

    def __init__(
        self,
        engine: AsyncEngine,
        keys: AccountKeys,
        clock: Clock,
        changed: Callable[[str, tuple[str, ...]], Awaitable[None]],
    ) -> None:
        """`changed` is told which accounts of which platform are others now, after the commit."""
        self._engine = engine
        self._keys = keys
        self._clock = clock
        self._changed = changed

    async def destroy_key(self, job: Job) -> None:
        """Destroys the key of an account that is erased."""
        await self._keys.destroy(*_account_of(job), self._clock.now())

    async def purge(self, job: Job) -> RetryAt | None:
        """Destroys everything of an account whose time has come; waits on when it was put off meanwhile."""
        platform, account_id = _account_of(job)
        now = self._clock.now()
        async with transaction(self._engine) as connection:
            found = await _look(connection, platform, account_id)
        if found is not None:
            if found.purge_time is None:
                return None
            if found.purge_time > now:
                return RetryAt(found.purge_time, "NOT_YET")
            if found.life != Life.OPEN:
                await self._erase(platform, account_id, now)
                await self._changed(platform, (account_id,))
                return None
            if not await self._drop_registration(platform, account_id, now):
                return None
            await self._changed(platform, (account_id,))
        # A killed run may have come so far as well.
        gone = await self._keys.forget(platform, account_id, now - _REGISTERING)
        return None if gone else RetryAt(now + _REGISTERING, "REGISTERING")

    async def _drop_registration(self, platform: str, account_id: str, now: datetime) -> bool:
        """Removes the rows of a registration that nobody took up; returns whether there is none any more.

        A guardian who answers, and whatever was ever proven since the 16th birthday, keeps the account.
        """
        async with transaction(self._engine) as connection:
            found = await _look(connection, platform, account_id, lock=True)
            if found is None or found.purge_time is None or found.purge_time > now:
                return found is None
            if await _is_proven(connection, platform, account_id):
                of_account = (accounts.c.platform == platform, accounts.c.account == account_id)
                await connection.execute(update(accounts).where(*of_account).values(purge_time=None))
                return False
            await _empty(connection, platform, account_id, *CURRENT, *_BESIDE, requests, accounts)
            await _tell(connection, platform, account_id, "PENDING", now)
        return True

    async def _erase(self, platform: str, account_id: str, now: datetime) -> None:
        for name in (account_id, hold_of(account_id)):
            await self._keys.destroy(platform, name, now)
        of_account = (accounts.c.platform == platform, accounts.c.account == account_id)
        of_evidence = (evidence.c.platform == platform, evidence.c.account == account_id)
        async with transaction(self._engine) as connection:
            found = await _look(connection, platform, account_id, lock=True)
            if found is None or found.life == Life.ERASED:
                return
            await connection.execute(
                update(evidence).where(*of_evidence).values(number=None, number_index=None, transaction_id=None)
            )
            await connection.execute(
                update(accounts)
                .where(*of_account)
                .values(life=Life.ERASED, person=b"", person_index=None, purge_time=None, update_time=now)
            )
            await _empty(connection, platform, account_id, *CURRENT, *_BESIDE)
            if found.life == Life.CLOSED:  # of who was erased they went then, and who repeats EraseAccount is answered
                await _empty(connection, platform, account_id, requests)
            await _tell(connection, platform, account_id, str(found.life), now)


def _account_of(job: Job) -> tuple[str, str]:
    return str(job.payload["platform"]), str(job.payload["account"])


async def _look(
    connection: AsyncConnection, platform: str, account_id: str, *, lock: bool = False
) -> Row[tuple[str, datetime | None]] | None:
    query = select(accounts.c.life, accounts.c.purge_time).where(
        accounts.c.platform == platform, accounts.c.account == account_id
    )
    return (await connection.execute(query.with_for_update() if lock else query)).one_or_none()


async def _is_proven(connection: AsyncConnection, platform: str, account_id: str) -> bool:
    """Whether anything was ever proven, but for a guardian who has ended: then the statutory clock runs (R21)."""
    of = evidence.c
    counts = (of.kind != EvidenceKind.GUARDIAN) | of.lapse_time.is_(None)
    rows = select(of.id).where(of.platform == platform, of.account == account_id, counts).limit(1)
    return await connection.scalar(rows) is not None


async def _empty(connection: AsyncConnection, platform: str, account_id: str, *tables: Table) -> None:
    for table in tables:
        whose = table.c.child if "child" in table.c else table.c.account
        await connection.execute(delete(table).where(table.c.platform == platform, whose == account_id))


async def _tell(connection: AsyncConnection, platform: str, account_id: str, before: str, now: datetime) -> None:
    entry = Entry(
        tag=Tag.ACCOUNT_ERASED,
        time=now,
        platform=platform,
        subject=account_id,
        actor="peer:identity",
        request_id="",
        trace_id="",
        detail={"before": before},
    )
    await trail.write(connection, [entry])
    event = Event(platform=platform, subject=account_id, kind=EventKind.ACCOUNT_ERASED, time=now, detail={})
    await outbox.append(connection, [event])
