"""Decides what is done next about accounts of a campaign that are due, and writes that it is being done.

One transaction, under the lock of the campaign: money, pace and the person's turn are used up in it, and only then anything
is sent (`carrying.py`). Whoever dies in between leaves an account whose time comes again after a lease; what was decided of
it is done again then under the id it had, unless the rules say otherwise by now.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import select

from xacthuc.audit.tags import Tag
from xacthuc.backfill.adapters import rows
from xacthuc.backfill.adapters.decisions import Book
from xacthuc.backfill.adapters.own_order import own_order
from xacthuc.backfill.adapters.progress import progress_of
from xacthuc.backfill.adapters.purses import pace_left, paced, purse_of, use_pace
from xacthuc.backfill.adapters.tables import asks, campaigns, people, targets, trail
from xacthuc.backfill.domain.actions import HoldWave, Notify, OpenWave, Situation, Tell, next_actions
from xacthuc.backfill.domain.campaign import CampaignState, Person, Purse, Step, Target, TargetState, WaveState
from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.policy.dates import local_date
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime, timedelta

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.backfill.domain.actions import Action
    from xacthuc.backfill.domain.campaign import WaveProgress
    from xacthuc.backfill.ports.campaigns import Kept
    from xacthuc.clock import Clock

AT_ONCE: Final = 200
"""Accounts looked at in a transaction, which everybody else who decides for the campaign waits for."""


class Errand(NamedTuple):
    """What was decided about an account, and is to be done now."""

    kept: Kept
    account_class: AccountClass
    action: Tell | Notify
    sealed: bytes | None
    """Its number."""
    person: bytes | None
    """What stands for it."""
    again: bool
    """Whether somebody began with it and was not heard of since: it may have been sent."""


class Decided(NamedTuple):
    """What came of a look."""

    errands: Sequence[Errand]
    more: bool
    """Whether others may be due."""


class Deciding:
    """Looks at campaigns that run."""

    def __init__(self, engine: AsyncEngine, clock: Clock, *, count_every: timedelta, lease: timedelta) -> None:
        """Waves move by counts as old as `count_every`; whoever is at an account is taken for dead after a `lease`."""
        self._lease = lease
        self._count_every = count_every
        self._engine = engine
        self._clock = clock

    async def running(self) -> list[tuple[str, str]]:
        """Returns the campaigns that run: platform and name."""
        found = select(campaigns.c.platform, campaigns.c.campaign).where(campaigns.c.state == CampaignState.RUNNING)
        async with transaction(self._engine) as connection:
            return [(row.platform, row.campaign) for row in await connection.execute(found)]

    async def decide(self, platform: str, name: str) -> Decided:
        """Decides about some accounts that are due."""
        now = self._clock.now()
        async with transaction(self._engine) as connection:
            found = await rows.read(connection, platform, name, lock=True)
            if found is None or found.state != CampaignState.RUNNING:
                return Decided((), more=False)
            look = _Look(connection, rows.kept_of(found), found, now, self._count_every, self._lease)
            return await look.decide()


@dataclass(slots=True)
class _Look:
    """One look at one campaign, within its transaction."""

    connection: AsyncConnection
    kept: Kept
    row: Row[Any]
    now: datetime
    count_every: timedelta
    lease: timedelta

    @property
    def _key(self) -> tuple[str, str]:
        return self.kept.platform, self.kept.name

    async def decide(self) -> Decided:
        progress = await progress_of(self.connection, self.kept, self.now, count_every=self.count_every)
        due = await self._due(progress)
        if not due and self.now >= self.kept.plan.end:
            await self._end()
            return Decided((), more=False)
        book = Book(self.connection, self.kept, self.now, self.lease)
        await book.let_go([row for row in due if row.doing and row.state != TargetState.OPEN])
        open_ = [row for row in due if row.state == TargetState.OPEN]
        # Whoever has a person's turn comes before all others on the number.
        again = sorted((row for row in open_ if row.doing), key=lambda row: row.doing != Step.NOTICE)
        purse, (room, saved) = await purse_of(self.connection, *self._key, self.now), self._pace()
        paid = await self._paid(again)
        today = [account for account, (day, _) in paid.items() if day == local_date(self.now)]
        less = _less(purse, paid, today)
        actions = self._next(progress, again, less, await self._persons(again), len(today) + room)
        notices = await book.write(again, actions, paid)
        purse = await purse_of(self.connection, *self._key, self.now)
        fresh = [row for row in open_ if not row.doing]
        more = self._next(progress, fresh, purse, await self._persons(fresh), room - notices)
        moves = [action for action in more if isinstance(action, OpenWave | HoldWave)]
        await self._move(moves)
        notices += await book.write(fresh, more)
        if notices:
            await use_pace(self.connection, *self._key, paced(self.kept.plan.providers, self.now - saved, notices))
        by_account = {row.account: row for row in open_}
        errands = [
            self._errand(by_account[each.account_id], each)
            for each in (*actions, *more)
            if isinstance(each, Tell | Notify)
        ]
        return Decided(errands, more=len(due) == AT_ONCE or bool(moves))

    def _errand(self, row: Row[Any], action: Tell | Notify) -> Errand:
        return Errand(self.kept, _class(row), action, row.number, row.person, again=row.doing is not None)

    async def _due(self, progress: Sequence[WaveProgress]) -> list[Row[Any]]:
        """Locks who is due, then who waits for a wave that is open; at the end of the term all who are left."""
        of, ours = targets.c, rows.of_campaign(targets, *self._key)
        looked = select(targets).where(*ours)
        if self.now >= self.kept.plan.end:
            return await self._locked(looked.where(of.state == rows.OPEN), AT_ONCE)
        due = await self._locked(looked.where(of.due_time <= self.now).order_by(of.due_time), AT_ONCE)
        for wave, known in enumerate(progress, 1):
            if known.state is WaveState.OPEN and len(due) < AT_ONCE:
                # Written as a range in order, which is read from the index and no further than it is wanted.
                parked = looked.where(of.parked.between(wave, wave)).order_by(of.parked)
                due += await self._locked(parked, AT_ONCE - len(due))
        return due

    async def _locked(self, found: Any, limit: int) -> list[Row[Any]]:
        # Whom somebody is at comes next time: nobody waits here for a row while others wait for the campaign.
        return list(await self.connection.execute(found.limit(limit).with_for_update(skip_locked=True)))

    def _pace(self) -> tuple[int, timedelta]:
        return pace_left(self.kept.plan.providers, self.row.pace_time, self.now)

    def _next(
        self,
        progress: Sequence[WaveProgress],
        found: Sequence[Row[Any]],
        purse: Purse,
        persons: dict[str, Person],
        room: int,
    ) -> list[Action]:
        situation = Situation(
            campaign=self.kept.plan,
            state=self.kept.state,
            waves=progress,
            purse=purse,
            room=room,
            targets=[_target(row) for row in found],
            persons=persons,
        )
        return next_actions(situation, self.now)

    async def _persons(self, found: Sequence[Row[Any]]) -> dict[str, Person]:
        """Returns what was sent to whom. A notice that is on its way counts, except for the account it is about."""
        whose = defaultdict[bytes, set[str]](set)
        for row in found:
            if row.person is not None:
                whose[row.person].add(row.account)
        of = people.c
        known = select(people).where(*rows.of_campaign(people, *self._key), of.person.in_(list(whose)))
        persons = {}
        for row in await self.connection.execute(known) if whose else ():
            person = Person(notices=row.notices, last_time=row.last_time)
            if row.account is not None and row.account not in whose[row.person]:
                person = Person(notices=row.notices + 1, last_time=self.now)
            persons[row.person.hex()] = person
        return persons

    async def _paid(self, again: Sequence[Row[Any]]) -> dict[str, tuple[date, int]]:
        """Returns whose notice was paid already: on which day, and how much."""
        doing = {row.account: row.doing_wave for row in again if row.doing == Step.NOTICE}
        if not doing:
            return {}
        of = asks.c
        found = select(of.account, of.wave, of.pay_day, of.vnd).where(
            *rows.of_campaign(asks, *self._key), of.account.in_(list(doing)), of.pay_day.is_not(None)
        )
        return {
            row.account: (row.pay_day, row.vnd)
            for row in await self.connection.execute(found)
            if doing[row.account] == row.wave
        }

    async def _move(self, moves: Sequence[OpenWave | HoldWave]) -> None:
        for move in moves:
            if isinstance(move, OpenWave):
                await rows.open_wave(self.connection, *self._key, move.wave, self.now)
                tag, reason = Tag.WAVE_OPENED, ""
            else:
                await rows.hold_wave(self.connection, *self._key, move.wave, move.reason)
                tag, reason = Tag.WAVE_HELD, str(move.reason)
            await self._note(tag, {"wave": move.wave, "reason": reason})

    async def _end(self) -> None:
        await rows.close(self.connection, *self._key, self.now)
        await self._note(Tag.CAMPAIGN_ENDED, {})

    async def _note(self, tag: Tag, detail: dict[str, str | int | bool | None]) -> None:
        order = own_order(self.kept.platform, "Decide")
        await trail.write(self.connection, [rows.entry(order, tag, self.kept.name, self.now, detail)])


def _target(row: Row[Any]) -> Target:
    return Target(
        account_id=row.account,
        account_class=_class(row),
        spot=row.spot,
        person="" if row.person is None else row.person.hex(),
        state=TargetState(row.state),
        wave=row.wave,
        step=None if row.step is None else Step(row.step),
        step_time=row.step_time,
    )


def _class(row: Row[Any]) -> AccountClass:
    return AccountClass(row._mapping["class"])  # noqa: SLF001 - SQLAlchemy's public name


def _less(purse: Purse, paid: dict[str, tuple[date, int]], today: Sequence[str]) -> Purse:
    """Returns what was spent but for notices that are on their way, some of which were paid today."""
    return Purse(
        today_vnd=purse.today_vnd - sum(paid[account][1] for account in today),
        vnd=purse.vnd - sum(vnd for _, vnd in paid.values()),
        today_notices=purse.today_notices - len(today),
    )
