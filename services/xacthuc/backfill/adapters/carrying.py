"""Does what was decided about an account: asks identity where it stands, has it told or sends, and writes down what came of it.

No transaction is open meanwhile. What fails is left as it was begun, and is done again under the same id.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.backfill.adapters.purses import pay
from xacthuc.backfill.adapters.rows import of_campaign
from xacthuc.backfill.adapters.tables import asks, people, targets
from xacthuc.backfill.domain.actions import Tell
from xacthuc.backfill.domain.campaign import Step, TargetState
from xacthuc.backfill.domain.holders import standing
from xacthuc.backfill.domain.receipts import Ending
from xacthuc.grpckit.errors import FailedPrecondition, InvalidRequest, LimitExceeded, NotFound
from xacthuc.grpckit.reasons import Reason
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.backfill.adapters.deciding import Errand
    from xacthuc.backfill.adapters.numbers import Numbers
    from xacthuc.backfill.domain.actions import Notify
    from xacthuc.backfill.ports.holders import Notices, Reminders
    from xacthuc.clock import Clock

_STOPPED: Final = timedelta(minutes=10)
"""When it is tried again where an operator stopped all sending, or where otp says no time."""


class Carrying:
    """Carries errands out, each in a task of its own."""

    def __init__(
        self, engine: AsyncEngine, reminders: Reminders, notices: Notices, numbers: Numbers, clock: Clock
    ) -> None:
        """Takes the pool, whom to ask and to tell, and what opens numbers."""
        self._engine = engine
        self._reminders = reminders
        self._notices = notices
        self._numbers = numbers
        self._clock = clock

    async def carry(self, errand: Errand) -> None:
        """Does it. Raises what another service says that is no answer."""
        kept, action = errand.kept, errand.action
        holder = await self._reminders.look(kept.platform, action.account_id)
        stands = standing(errand.account_class, holder)
        if stands is not TargetState.OPEN:
            over = {"state": stands, "state_time": self._clock.now(), "due_time": None}
            await self._give_up(errand, over, perhaps_sent=errand.again)
        elif isinstance(action, Tell):
            await self._tell(errand)
        elif holder is not None and holder.child:
            of_a_child = {**self._noticed(), "number": None, "person": None}
            await self._give_up(errand, of_a_child, ending=Ending.REFUSED, perhaps_sent=errand.again)
        else:
            await self._send(errand, action)

    async def _tell(self, errand: Errand) -> None:
        kept, action = errand.kept, errand.action
        try:
            await self._reminders.remind(kept.platform, action.account_id, kept.plan.end, action.request_id)
        except (FailedPrecondition, NotFound):  # it was closed since
            now = self._clock.now()
            await self._give_up(errand, {"state": TargetState.GONE, "state_time": now, "due_time": None})
        else:
            await self._told(errand)

    async def _told(self, errand: Errand) -> None:
        now, action = self._clock.now(), errand.action
        async with transaction(self._engine) as connection:
            if await _done(
                connection, errand, {"wave": action.wave, "step": Step.EVENT, "step_time": now, "due_time": now}
            ):
                told = insert(asks).values(**_key(errand), event_time=now, vnd=0)
                await connection.execute(told.on_conflict_do_nothing())

    async def _send(self, errand: Errand, action: Notify) -> None:
        kept = errand.kept
        if errand.sealed is None:
            await self._refused(errand)
            return
        number = self._numbers.open(kept.platform, kept.name, action.account_id, errand.sealed)
        try:
            notice = await self._notices.send(kept.platform, number, action.template, action.request_id)
        except LimitExceeded as limited:
            await self._give_up(errand, {"due_time": self._clock.now() + (limited.retry_after or _STOPPED)})
        except FailedPrecondition as refusal:
            if refusal.reason is Reason.SENDING_STOPPED:
                await self._give_up(errand, {"due_time": self._clock.now() + _STOPPED})
            else:
                await self._refused(errand)
        except InvalidRequest:
            await self._refused(errand)
        else:
            await self._sent(errand, notice)

    async def _sent(self, errand: Errand, notice: str) -> None:
        now = self._clock.now()
        async with transaction(self._engine) as connection:
            if not await _done(connection, errand, {"step": Step.NOTICE, "step_time": now, "due_time": now}):
                return
            await connection.execute(update(asks).where(*_ask(errand)).values(notice_time=now, notice=notice))
            await self._count(connection, errand)

    async def _refused(self, errand: Errand) -> None:
        """The ladder goes on without this notice, which otp will never take."""
        await self._give_up(errand, self._noticed(), ending=Ending.REFUSED)

    def _noticed(self) -> dict[str, Any]:
        now = self._clock.now()
        return {"step": Step.NOTICE, "step_time": now, "due_time": now}

    async def _give_up(
        self, errand: Errand, changes: dict[str, Any], *, ending: str | None = None, perhaps_sent: bool = False
    ) -> None:
        """Writes that nothing is sent, and gives money and turn back; where it may have been, both are used up."""
        async with transaction(self._engine) as connection:
            if not await _done(connection, errand, changes) or isinstance(errand.action, Tell):
                return
            if perhaps_sent:
                await self._count(connection, errand)
            else:
                await _pay_back(connection, errand, ending)

    async def _count(self, connection: AsyncConnection, errand: Errand) -> None:
        """Counts a notice to a person, whose turn is over."""
        counted = update(people).where(*_turn(errand))
        await connection.execute(
            counted.values(notices=people.c.notices + 1, last_time=self._clock.now(), account=None)
        )


async def _pay_back(connection: AsyncConnection, errand: Errand, ending: str | None) -> None:
    paid = select(asks.c.pay_day, asks.c.vnd).where(*_ask(errand), asks.c.pay_day.is_not(None))
    row = (await connection.execute(paid.with_for_update())).one_or_none()
    if row is not None:
        price = min(row.vnd, errand.kept.plan.dearest_vnd)
        kept = errand.kept
        await pay(connection, kept.platform, kept.name, row.pay_day, notices=-1, vnd=-price)
        left = {"pay_day": None, "vnd": row.vnd - price, "ending": ending}
        await connection.execute(update(asks).where(*_ask(errand)).values(left))
    await connection.execute(update(people).where(*_turn(errand)).values(account=None))


async def _done(connection: AsyncConnection, errand: Errand, changes: dict[str, Any]) -> bool:
    """Writes what became of an account, unless somebody else has done that since."""
    of, action = targets.c, errand.action
    doing = Step.EVENT if isinstance(action, Tell) else Step.NOTICE
    begun = (of.account == action.account_id, of.doing == doing, of.doing_wave == action.wave)
    done = update(targets).where(*_of(errand, targets), *begun)
    return (await connection.execute(done.values(**{"doing": None, "doing_wave": None, **changes}))).rowcount == 1


def _of(errand: Errand, table: Any) -> tuple[Any, ...]:
    return of_campaign(table, errand.kept.platform, errand.kept.name)


def _turn(errand: Errand) -> tuple[Any, ...]:
    """Returns what finds the turn of a person, if it is still this account's."""
    of = people.c
    return *_of(errand, people), of.person == errand.person, of.account == errand.action.account_id


def _ask(errand: Errand) -> tuple[Any, ...]:
    of = asks.c
    return *_of(errand, asks), of.wave == errand.action.wave, of.account == errand.action.account_id


def _key(errand: Errand) -> dict[str, Any]:
    kept, action = errand.kept, errand.action
    return {"platform": kept.platform, "campaign": kept.name, "wave": action.wave, "account": action.account_id}
