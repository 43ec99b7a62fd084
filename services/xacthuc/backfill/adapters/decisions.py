"""Writes what was decided about accounts, some at a time, in the transaction in which it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.backfill.adapters.purses import pay
from xacthuc.backfill.adapters.tables import asks, people, targets
from xacthuc.backfill.domain.actions import Finish, Notify, Park, Tell, Wait
from xacthuc.backfill.domain.campaign import Step, TargetState
from xacthuc.policy.dates import local_date

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.backfill.domain.actions import Action
    from xacthuc.backfill.ports.campaigns import Kept

_HELD: Final = timedelta(minutes=10)
"""When what was begun in a wave that is held by now is looked at again."""
_NOBODY: Final[Mapping[str, tuple[date, int]]] = MappingProxyType({})
_CHANGES: Final = ("doing", "doing_wave", "due_time", "parked", "state", "state_time")
_IDLE: Final = dict.fromkeys(("new_doing", "new_doing_wave", "new_due_time", "new_parked"))


@dataclass(slots=True)
class Book:
    """What is written about the accounts of one campaign."""

    connection: AsyncConnection
    kept: Kept
    now: datetime
    lease: timedelta
    """For how long whoever does something about an account is waited for."""

    async def write(
        self, found: Sequence[Row[Any]], actions: Sequence[Action], paid: Mapping[str, tuple[date, int]] = _NOBODY
    ) -> int:
        """Writes what was decided about rows; returns how many notices use up pace.

        A notice that was begun and is none any more may have been sent: it counts for the person, whose turn is over.

        What is `paid` today is not paid again, and what was on a day before is paid today instead: it is sent today.
        """
        of_row = {row.account: row for row in found}
        changes = []
        for action in actions:
            if isinstance(action, Tell | Notify | Wait | Park | Finish):
                row = of_row[action.account_id]
                changes.append({"account": row.account, **_kept_as(row), **self._change(row, action)})
        await self._update(changes)
        notices = [action for action in actions if isinstance(action, Notify)]
        today = local_date(self.now)
        new = [action for action in notices if paid.get(action.account_id, (None, 0))[0] != today]
        await self._pay(new)
        for day, vnd in (paid[action.account_id] for action in new if action.account_id in paid):
            await pay(self.connection, self.kept.platform, self.kept.name, day, notices=-1, vnd=-vnd)
        await self._turn([(of_row[action.account_id].person, action.account_id) for action in notices])
        left = [of_row[action.account_id] for action in actions if isinstance(action, Tell | Finish)]
        await self._count([(row.person, row.account) for row in left if row.doing == Step.NOTICE and row.person])
        return len(new)

    async def let_go(self, found: Sequence[Row[Any]]) -> None:
        """Ends what was begun about accounts that lack nothing, or are gone, by now.

        It may have been sent: it stays paid, and counts for the person.
        """
        await self._update([{"account": row.account, **_kept_as(row), **_IDLE} for row in found])
        await self._count([(row.person, row.account) for row in found if row.person is not None])

    def _change(self, row: Row[Any], action: Tell | Notify | Wait | Park | Finish) -> dict[str, Any]:
        if isinstance(action, Finish):
            # Unverified it was before: since when is what a restriction is agreed to by.
            return {**_IDLE, "new_state": TargetState.ASKED}
        if isinstance(action, Wait):
            return {"new_due_time": action.until, "new_parked": None}
        if isinstance(action, Park):
            if row.doing:
                return {"new_due_time": self.now + _HELD, "new_parked": None}
            return {"new_due_time": None, "new_parked": action.wave}
        doing = Step.EVENT if isinstance(action, Tell) else Step.NOTICE
        begun = {"new_doing": doing, "new_doing_wave": action.wave}
        return {**begun, "new_due_time": self.now + self.lease, "new_parked": None}

    async def _update(self, changes: Sequence[dict[str, Any]]) -> None:
        if not changes:
            return
        of = targets.c
        which = (
            of.platform == self.kept.platform,
            of.campaign == self.kept.name,
            of.account == bindparam("its_account"),
        )
        changed = update(targets).where(*which).values({name: bindparam(f"new_{name}") for name in _CHANGES})
        renamed = [{"its_account": change.pop("account"), **change} for change in changes]
        await self.connection.execute(changed, renamed)

    async def _pay(self, notices: Sequence[Notify]) -> None:
        """Takes the money, and writes down for what."""
        if not notices:
            return
        day, price = local_date(self.now), sum(notice.reserve_vnd for notice in notices)
        await pay(self.connection, self.kept.platform, self.kept.name, day, notices=len(notices), vnd=price)
        kept = insert(asks).values(
            platform=self.kept.platform,
            campaign=self.kept.name,
            wave=bindparam("wave"),
            account=bindparam("account"),
            pay_day=day,
            vnd=bindparam("vnd"),
        )
        again = {"pay_day": day, "vnd": kept.excluded.vnd}
        kept = kept.on_conflict_do_update(index_elements=list(asks.primary_key.columns), set_=again)
        await self.connection.execute(
            kept,
            [{"wave": each.wave, "account": each.account_id, "vnd": each.reserve_vnd} for each in notices],
        )

    async def _turn(self, whose: Sequence[tuple[bytes, str]]) -> None:
        """Writes for which account a notice to a number is on its way."""
        if not whose:
            return
        kept = insert(people).values(
            platform=self.kept.platform,
            campaign=self.kept.name,
            person=bindparam("person"),
            notices=0,
            account=bindparam("account"),
        )
        kept = kept.on_conflict_do_update(
            index_elements=list(people.primary_key.columns), set_={"account": kept.excluded.account}
        )
        await self.connection.execute(kept, [{"person": person, "account": account} for person, account in whose])

    async def _count(self, whose: Sequence[tuple[bytes, str]]) -> None:
        if not whose:
            return
        of = people.c
        turns = update(people).where(
            of.platform == self.kept.platform,
            of.campaign == self.kept.name,
            of.person == bindparam("whose"),
            of.account == bindparam("which"),
        )
        counted = turns.values(notices=of.notices + 1, last_time=self.now, account=None)
        await self.connection.execute(counted, [{"whose": person, "which": account} for person, account in whose])


def _kept_as(row: Row[Any]) -> dict[str, Any]:
    return {f"new_{name}": getattr(row, name) for name in _CHANGES}
