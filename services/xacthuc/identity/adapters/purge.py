"""Destroying what is no longer to be kept, as durable jobs: each may run twice, and takes up what a killed one left.

    DESTROY_KEY   the key of an erased account; what the law orders kept lies under another one by then
    PURGE         an account whose time has come (R21, R49), or a registration that no guardian took up

A key is destroyed before the rows it opened are emptied: from then on nothing opens them, whatever happens to the process.
What a legal hold keeps is not touched: keys lie in another database than holds, so it is first committed, under the
account's lock, that the destruction has begun, and a hold that comes later is refused.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.identity.adapters.account_keys import NoKey
from xacthuc.identity.adapters.account_writes import lock_accounts
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.locks.tables import lock_identities, violations
from xacthuc.identity.adapters.reconciliation.tables import reconciliation_findings
from xacthuc.identity.adapters.retention.erasures import has_begun
from xacthuc.identity.adapters.retention.put_away import hold_of, is_account_held, put_away
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
from xacthuc.identity.domain.account import Kind
from xacthuc.identity.domain.facts import EvidenceKind, Life
from xacthuc.identity.domain.retention import Cause
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
    from xacthuc.identity.adapters.retention.erasures import Erasures
    from xacthuc.sql.columns import Json

CURRENT: Final = (number_claims, personal_id_claims, personal_id_checks, sign_ins)
"""Tables of what is true now: nothing of an account that has ended belongs there."""

_BESIDE: Final = (consents, locks, lock_identities, violations, guardians, supervisions, reconciliation_findings)
"""Tables of what else is known of an account, and would be taken for true of the next one under its id."""

_REGISTERING: Final = timedelta(minutes=1)
"""Far longer than it takes from a registration's key to its rows."""

_HELD: Final = timedelta(days=1)
"""Releasing a hold asks for what it kept waiting; who looks again beside that needs no hurry."""


class _End(Enum):
    """What came of an account whose time has come."""

    KEPT = auto()
    """Its time has not come after all."""
    HELD = auto()
    EMPTIED = auto()
    """Its rows say nothing any more."""
    DROPPED = auto()
    """There are no rows any more."""


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
        erasures: Erasures,
        clock: Clock,
        changed: Callable[[str, tuple[str, ...]], Awaitable[None]],
    ) -> None:
        """`erasures` keeps the evidence; `changed` is told which accounts of which platform are others now, after the commit."""
        self._engine = engine
        self._keys = keys
        self._erasures = erasures
        self._clock = clock
        self._changed = changed

    async def destroy_key(self, job: Job) -> RetryAt | None:
        """Destroys the key of an account that is erased, once what the law orders kept lies under another one."""
        platform, account_id = _account_of(job)
        now = self._clock.now()
        if not await self._put_away(platform, account_id, now):
            return RetryAt(now + _HELD, "HELD")
        await self._keys.destroy(platform, account_id, now)
        async with transaction(self._engine) as connection:
            await self._erasures.key_destroyed(connection, platform, account_id, now)
        return None

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
            end = self._drop_registration if found.life == Life.OPEN else self._erase
            ended = await end(platform, account_id, now)
            if ended is _End.HELD:
                return RetryAt(now + _HELD, "HELD")
            if ended is _End.KEPT:
                return None
            await self._changed(platform, (account_id,))
            if ended is _End.EMPTIED:
                return None
        # A killed run may have come so far as well.
        gone = await self._keys.forget(platform, account_id, now - _REGISTERING)
        return None if gone else RetryAt(now + _REGISTERING, "REGISTERING")

    async def _put_away(self, platform: str, account_id: str, now: datetime) -> bool:
        """Does what erasing left because of a hold; returns whether the account's own key is needed no longer."""
        async with transaction(self._engine) as connection:
            if not await self._erasures.waits_for_sealing(connection, platform, account_id):
                return True
        own = await self._keys.get(platform, account_id)
        kept = await self._keys.make(platform, hold_of(account_id), now)
        async with transaction(self._engine) as connection:
            await lock_accounts(connection, platform, (account_id,))
            if not await self._erasures.waits_for_sealing(connection, platform, account_id):
                return True
            if await is_account_held(connection, platform, account_id):
                return False
            if not isinstance(own, NoKey) and not isinstance(kept, NoKey):
                await put_away(connection, own, kept)
            await self._erasures.sealed(connection, platform, account_id, now)
            entry = _entry(Tag.ERASURE_SCHEDULED, platform, account_id, {"held": False}, now)
            found = await _look(connection, platform, account_id)
            until = found.purge_time if found is not None else None
            # Whoever keeps it too erases no more of it yet than identity does.
            detail: Json = {} if until is None else {"purge_time": until.isoformat()}
            await _tell(connection, entry, EventKind.ERASURE_SCHEDULED, detail)
        return True

    async def _drop_registration(self, platform: str, account_id: str, now: datetime) -> _End:
        """Removes the rows of a registration that nobody took up.

        A guardian who answers, and whatever was ever proven since the 16th birthday, keeps the account.
        """
        async with transaction(self._engine) as connection:
            found = await _look(connection, platform, account_id, lock=True)
            if found is None or found.purge_time is None or found.purge_time > now:
                return _End.DROPPED if found is None else _End.KEPT
            if await _is_needed(connection, platform, account_id, Kind(found.kind)):
                of_account = (accounts.c.platform == platform, accounts.c.account == account_id)
                await connection.execute(update(accounts).where(*of_account).values(purge_time=None))
                return _End.KEPT
            if await is_account_held(connection, platform, account_id):
                return _End.HELD
            await self._erasures.begun(connection, platform, account_id, Cause.PENDING, now)
            rows = await _empty(connection, platform, account_id, *CURRENT, *_BESIDE, evidence, requests, accounts)
            await self._erasures.ended(connection, platform, account_id, rows, now)
            await _tell_erased(connection, platform, account_id, "PENDING", now)
        return _End.DROPPED

    async def _erase(self, platform: str, account_id: str, now: datetime) -> _End:
        async with transaction(self._engine) as connection:
            found = await _look(connection, platform, account_id, lock=True)
            if found is None or found.life == Life.ERASED:
                return _End.EMPTIED
            if not await has_begun(connection, platform, account_id):
                if await is_account_held(connection, platform, account_id):
                    return _End.HELD
                cause = Cause.CLOSED if found.life == Life.CLOSED else Cause.REQUESTED
                await self._erasures.begun(connection, platform, account_id, cause, now)
        for name in (account_id, hold_of(account_id)):
            await self._keys.destroy(platform, name, now)
        of_account = (accounts.c.platform == platform, accounts.c.account == account_id)
        of_evidence = (evidence.c.platform == platform, evidence.c.account == account_id)
        async with transaction(self._engine) as connection:
            found = await _look(connection, platform, account_id, lock=True)
            if found is None or found.life == Life.ERASED:
                return _End.EMPTIED
            emptied = await connection.execute(
                update(evidence)
                .where(*of_evidence)
                .values(number=None, number_index=None, transaction_id=None, device_index=None)
            )
            await connection.execute(
                update(accounts)
                .where(*of_account)
                .values(life=Life.ERASED, person=b"", person_index=None, purge_time=None, update_time=now)
            )
            rows = await _empty(connection, platform, account_id, *CURRENT, *_BESIDE)
            if found.life == Life.CLOSED:  # of who was erased they went then, and who repeats EraseAccount is answered
                rows |= await _empty(connection, platform, account_id, requests)
            rows |= {"accounts": 1, "evidence": emptied.rowcount}
            await self._erasures.ended(connection, platform, account_id, rows, now)
            await _tell_erased(connection, platform, account_id, str(found.life), now)
        return _End.EMPTIED


def _account_of(job: Job) -> tuple[str, str]:
    return str(job.payload["platform"]), str(job.payload["account"])


async def _look(
    connection: AsyncConnection, platform: str, account_id: str, *, lock: bool = False
) -> Row[tuple[str, datetime | None, str]] | None:
    query = select(accounts.c.life, accounts.c.purge_time, accounts.c.kind).where(
        accounts.c.platform == platform, accounts.c.account == account_id
    )
    return (await connection.execute(query.with_for_update() if lock else query)).one_or_none()


async def _is_needed(connection: AsyncConnection, platform: str, account_id: str, kind: Kind) -> bool:
    """Whether an account is more than a registration; the record of a guardian is while a child is linked to it."""
    if kind is Kind.PERSON:
        return await _is_proven(connection, platform, account_id)
    of = guardians.c
    children = select(of.child).where(of.platform == platform, of.account == account_id).limit(1)
    return await connection.scalar(children) is not None


async def _is_proven(connection: AsyncConnection, platform: str, account_id: str) -> bool:
    """Whether anything was ever proven, but for a guardian who has ended: then the statutory clock runs (R21)."""
    of = evidence.c
    counts = (of.kind != EvidenceKind.GUARDIAN) | of.lapse_time.is_(None)
    rows = select(of.id).where(of.platform == platform, of.account == account_id, counts).limit(1)
    return await connection.scalar(rows) is not None


async def _empty(connection: AsyncConnection, platform: str, account_id: str, *tables: Table) -> dict[str, int]:
    """Deletes what these tables have of an account; returns how many rows of which."""
    deleted = {}
    for table in tables:
        whose = table.c.child if "child" in table.c else table.c.account
        done = await connection.execute(delete(table).where(table.c.platform == platform, whose == account_id))
        if done.rowcount:
            deleted[table.name] = done.rowcount
    return deleted


async def _tell_erased(connection: AsyncConnection, platform: str, account_id: str, before: str, now: datetime) -> None:
    entry = _entry(Tag.ACCOUNT_ERASED, platform, account_id, {"before": before}, now)
    await _tell(connection, entry, EventKind.ACCOUNT_ERASED, {})


def _entry(tag: Tag, platform: str, account_id: str, detail: Json, now: datetime) -> Entry:
    return Entry(
        tag=tag,
        time=now,
        platform=platform,
        subject=account_id,
        actor="peer:identity",
        request_id="",
        trace_id="",
        detail=detail,
    )


async def _tell(connection: AsyncConnection, entry: Entry, kind: EventKind, detail: Json) -> None:
    await trail.write(connection, [entry])
    event = Event(platform=entry.platform, subject=entry.subject, kind=kind, time=entry.time, detail=detail)
    await outbox.append(connection, [event])
