"""Restricts the accounts of an approval, some at a time, or gives them back what was taken.

Which accounts identity is told about is written before it is told, and what it said afterwards; no transaction is open
meanwhile. So whoever is killed in between leaves accounts that identity is told about once more, which changes nothing, and
an undoing finds every account that identity may have been told about. Identity ends nothing by an approval that was undone:
what a stalled process asks for late is refused.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import uuid4

from sqlalchemy import and_, case, or_, select, update

from xacthuc.backfill.adapters import rows
from xacthuc.backfill.adapters.decisions import Book
from xacthuc.backfill.adapters.job_kinds import JobKind
from xacthuc.backfill.adapters.tables import restrictions, targets
from xacthuc.backfill.domain.campaign import TargetState
from xacthuc.backfill.domain.restriction import (
    UNVERIFIED,
    Ended,
    Restored,
    RestrictionState,
    after_ending,
    after_restoring,
)
from xacthuc.grpckit.errors import DeadlineExceeded, FailedPrecondition, Unavailable
from xacthuc.jobs.job import Done, Job, RetryAt
from xacthuc.sql.engine import transaction
from xacthuc.sql.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.backfill.ports.restrictions import Transitions
    from xacthuc.clock import Clock

_AT_ONCE: Final = 200
"""Accounts in a transaction, which everybody else who decides for the campaign waits for."""
_AGAIN: Final = timedelta(seconds=5)
"""When it is gone on with while identity or the database is away, or somebody is at an account: nothing of it failed."""


def restrict_job(platform: str, name: str, approval: str) -> Job:
    """Returns the job of an approval, which does what the restriction's row says when it runs."""
    named = {"platform": platform, "campaign": name, "approval": approval}
    return Job(JobKind.RESTRICT, f"{platform}/{name}/{approval}", dict(named))


class _Which(NamedTuple):
    platform: str
    campaign: str
    approval: str

    @property
    def key(self) -> tuple[ColumnElement[bool], ...]:
        """Finds its row."""
        of = restrictions.c
        return of.platform == self.platform, of.campaign == self.campaign, of.approval == self.approval

    @property
    def targets(self) -> tuple[ColumnElement[bool], ...]:
        """Finds the accounts of its campaign."""
        return rows.of_campaign(targets, self.platform, self.campaign)


class _Taken(NamedTuple):
    """Accounts that identity is told about."""

    accounts: Sequence[str]
    after: str
    """Where to go on; empty at the end."""
    busy: bool
    """Whether somebody is at one of them, so that it comes later."""


class Restricting:
    """The handler of `JobKind.RESTRICT`."""

    def __init__(self, engine: AsyncEngine, transitions: Transitions, clock: Clock) -> None:
        """Takes the pool, and whom to tell."""
        self._engine = engine
        self._transitions = transitions
        self._clock = clock

    async def handle(self, job: Job) -> Done | RetryAt:
        """Goes on until there is nothing left, also where it is undone meanwhile."""
        which = _Which(*(str(job.payload[name]) for name in _Which._fields))
        while (row := await self._row(which)) is not None:
            try:
                if row.state in {RestrictionState.DONE, RestrictionState.UNDONE}:
                    return Done(row.state)
                if row.state == RestrictionState.UNDOING:
                    await self._restore_all(which, row.reason)
                elif await self._end_all(which):
                    return RetryAt(self._clock.now() + _AGAIN, "SOMEBODY_IS_ASKED")
            except (Unavailable, DeadlineExceeded):
                return RetryAt(self._clock.now() + _AGAIN, "IDENTITY_AWAY")
            except DatabaseUnavailable:
                return RetryAt(self._clock.now() + _AGAIN, "DATABASE_AWAY")
            except FailedPrecondition:
                now = await self._row(which)
                if now is None or now.state == row.state:
                    raise  # an approval that does not let it be done: an operator looks
        return Done("GONE")

    async def _end_all(self, which: _Which) -> bool:
        """Restricts whoever is left; whether some have to be come back to."""
        after, busy = "", False
        while (taken := await self._take(which, after)) is not None:
            if taken.accounts:
                became = await self._transitions.end(which.platform, which.approval, taken.accounts, uuid4())
                await self._write_ended(which, dict(zip(taken.accounts, became, strict=True)))
            after, busy = taken.after, busy or taken.busy
            if not after:
                if not busy:
                    await self._finish(which, RestrictionState.RUNNING, RestrictionState.DONE)
                return busy
        return False

    async def _take(self, which: _Which, after: str) -> _Taken | None:
        """Writes down whom identity is told about next; None once it is undone."""
        now, of = self._clock.now(), targets.c
        async with transaction(self._engine) as connection:
            campaign = await rows.read(connection, which.platform, which.campaign, lock=True)
            row = await _locked(connection, which)
            if campaign is None or row is None or row.state != RestrictionState.RUNNING:
                return None
            # Whoever was unverified then and is so still, and is not in the hands of another approval; and whom somebody who
            # died had written down.
            nobodys = or_(of.restriction.is_(None), of.restriction_outcome.is_not(None))
            covered = and_(
                of.state.in_(UNVERIFIED),
                of.state_time <= row.as_of_time,
                of.restriction.is_distinct_from(which.approval),
                nobodys,
            )
            begun = and_(of.restriction == which.approval, of.restriction_outcome.is_(None))
            found = (
                select(targets)
                .where(*which.targets, of.account > after, or_(covered, begun))
                .order_by(of.account)
                .limit(_AT_ONCE)
                .with_for_update()
            )
            some = (await connection.execute(found)).all()
            again = [each.account for each in some if each.restriction == which.approval]
            new = [each for each in some if each.restriction != which.approval]
            free = [each for each in new if not _is_asked(each, now)]
            taken = free[: row.accounts - row.taken]
            book = Book(connection, rows.kept_of(campaign), now, timedelta())
            await book.let_go([each for each in taken if each.doing])
            names = [each.account for each in taken]
            written = {"restriction": which.approval, "restriction_outcome": None, "due_time": None, "parked": None}
            await _change(connection, which, of.account.in_(names), written)
            counted = update(restrictions).where(*which.key)
            await connection.execute(counted.values(taken=restrictions.c.taken + len(names)))
        # Who is over the count is left: two people agreed to no more.
        return _Taken([*again, *names], some[-1].account if len(some) == _AT_ONCE else "", len(free) < len(new))

    async def _write_ended(self, which: _Which, became: Mapping[str, Ended]) -> None:
        now, of = self._clock.now(), targets.c
        mine = and_(of.restriction == which.approval, of.restriction_outcome.is_(None))
        async with transaction(self._engine) as connection:
            await _locked(connection, which)
            for outcome in Ended:
                named = and_(of.account.in_([account for account, each in became.items() if each is outcome]), mine)
                moved = {state: after_ending(state, outcome) for state in TargetState}
                # Who has lost nothing is asked on.
                asked = {} if outcome is Ended.ENDED else {"due_time": case((of.state == TargetState.OPEN, now))}
                changed = {"restriction_outcome": outcome, **_moving(moved, now), **asked}
                count = await _change(connection, which, named, changed)
                if outcome is Ended.ENDED:
                    counted = update(restrictions).where(*which.key)
                    await connection.execute(counted.values(ended=restrictions.c.ended + count))

    async def _restore_all(self, which: _Which, reason: str) -> None:
        """Gives back what was taken. Identity hears of it first where it was told of nobody: it ends nothing then."""
        after, of, first = "", targets.c, True
        while True:
            found = select(of.account).where(*which.targets, of.account > after, of.restriction == which.approval)
            async with transaction(self._engine) as connection:
                accounts = (await connection.scalars(found.order_by(of.account).limit(_AT_ONCE))).all()
            if accounts or first:
                became = await self._transitions.restore(which.platform, which.approval, accounts, reason, uuid4())
                await self._write_restored(which, dict(zip(accounts, became, strict=True)))
            if len(accounts) < _AT_ONCE:
                await self._finish(which, RestrictionState.UNDOING, RestrictionState.UNDONE)
                return
            after, first = accounts[-1], False

    async def _write_restored(self, which: _Which, became: Mapping[str, Restored]) -> None:
        now, of = self._clock.now(), targets.c
        mine, ended = of.restriction == which.approval, of.restriction_outcome == Ended.ENDED
        elsewhere = [account for account, each in became.items() if each in {Restored.VERIFIED, Restored.GONE}]
        moved = {state: after_restoring(state) for state in TargetState}
        none = {"restriction": None, "restriction_outcome": None}
        async with transaction(self._engine) as connection:
            await _locked(connection, which)
            # Whoever lacks nothing, or is gone, comes to where identity says.
            await _change(connection, which, and_(of.account.in_(elsewhere), mine), {**none, "review_time": now})
            asked = {"due_time": case((of.state.in_((TargetState.OPEN, TargetState.RESTRICTED)), now))}
            changed = {**none, **_moving(moved, now), **asked}
            mine_of = and_(of.account.in_(list(became)), mine)
            back = await _change(connection, which, and_(mine_of, ended), changed)
            await _change(connection, which, mine_of, changed)
            counted = update(restrictions).where(*which.key)
            await connection.execute(counted.values(restored=restrictions.c.restored + back))

    async def _finish(self, which: _Which, before: RestrictionState, after: RestrictionState) -> None:
        finished = update(restrictions).where(*which.key, restrictions.c.state == before)
        async with transaction(self._engine) as connection:
            await connection.execute(finished.values(state=after, end_time=self._clock.now()))

    async def _row(self, which: _Which) -> Row[Any] | None:
        async with transaction(self._engine) as connection:
            return (await connection.execute(select(restrictions).where(*which.key))).one_or_none()


def _is_asked(row: Row[Any], now: Any) -> bool:
    """Whether somebody is at it, who is not taken for dead."""
    return bool(row.doing) and row.due_time is not None and row.due_time > now


def _moving(moved: Mapping[TargetState, TargetState], now: Any) -> dict[str, Any]:
    """Returns what is written of where accounts stand, for those that stand elsewhere afterwards."""
    of, others = targets.c, {before: after for before, after in moved.items() if before is not after}
    if not others:
        return {}
    state = case(*((of.state == before, after) for before, after in others.items()), else_=of.state)
    return {"state": state, "state_time": case((of.state.in_(list(others)), now), else_=of.state_time)}


async def _change(
    connection: AsyncConnection, which: _Which, whom: ColumnElement[bool], values: Mapping[str, Any]
) -> int:
    return (await connection.execute(update(targets).where(*which.targets, whom).values(**values))).rowcount


async def _locked(connection: AsyncConnection, which: _Which) -> Row[Any] | None:
    found = select(restrictions).where(*which.key).with_for_update()
    return (await connection.execute(found)).one_or_none()
