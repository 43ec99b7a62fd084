"""Destroys the numbers of a campaign that is over: nothing is sent to them any more.

Those of accounts that a legal hold stands on stay until the release (`housekeeping.py`).
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, any_, exists, func, literal_column, select, update

from xacthuc.backfill.adapters.rows import of_campaign
from xacthuc.backfill.adapters.tables import campaigns, people, targets
from xacthuc.sql.engine import transaction
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.sql.pairs import is_none_of
from xacthuc.sql.sweep import sweep_all
from xacthuc.telemetry.logs import get_logger
from xacthuc.watching.held import unless_unknown

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.sql.sweep import Held

_LOOK_SECONDS: Final = 5.0
_AT_ONCE: Final = 1_000


class Emptying:
    """Runs beside the calls, in every process. Emptying twice changes nothing the second time."""

    def __init__(self, engine: AsyncEngine, clock: Clock, held: Held) -> None:
        """Takes the pool, and who knows what holds keep."""
        self._engine = engine
        self._held = held
        self._clock = clock
        self._log = get_logger()

    async def run(self) -> None:
        """Empties until cancelled. A database that is down is waited for."""
        while True:
            try:
                await unless_unknown(self.empty)
            except DatabaseUnavailable as error:
                self._log.warning("emptying_waits_for_database", cause=str(error))
            await asyncio.sleep(_LOOK_SECONDS * random.uniform(0.5, 1))

    async def empty(self) -> None:
        """Destroys every number that a campaign which is over still has. Unavailable while nobody knows of holds."""
        of = campaigns.c
        over = select(of.platform, of.campaign).where(of.close_time.is_not(None), of.empty_time.is_(None))
        async with transaction(self._engine) as connection:
            found = (await connection.execute(over)).all()
        for platform, name in found:
            await empty(self._engine, platform, name, self._held)
            emptied = update(campaigns).where(*of_campaign(campaigns, platform, name))
            async with transaction(self._engine) as connection:
                await connection.execute(emptied.values(empty_time=self._clock.now()))


async def empty(engine: AsyncEngine, platform: str, name: str, held: Held) -> None:
    """Destroys the numbers of a campaign that is over, and what was counted by them, but for those of accounts on hold."""
    while await empty_some(engine, platform, name, held):
        pass
    of, whose = people.c, targets.c
    kept = exists().where(whose.platform == of.platform, whose.campaign == of.campaign, whose.person == of.person)
    await sweep_all(engine, people, and_(*of_campaign(people, platform, name), ~kept), _AT_ONCE)


async def empty_some(engine: AsyncEngine, platform: str, name: str, held: Held) -> bool:
    """Destroys some of the numbers; whether there may be more."""
    place: ColumnElement[Any] = literal_column("ctid")
    having = (
        select(place)
        .select_from(targets)
        .where(
            *of_campaign(targets, platform, name),
            targets.c.person.is_not(None),
            is_none_of(await held(), targets.c.platform, targets.c.account),
        )
        # In the order of an index over those alone: whoever was emptied is not passed over again and again.
        .order_by(targets.c.person)
        .limit(_AT_ONCE)
        .with_for_update()
    )
    emptied = update(targets).where(place == any_(func.array(having.scalar_subquery())))
    async with transaction(engine) as connection:
        gone = await connection.execute(emptied.values(number=None, person=None, doing=None, doing_wave=None))
    return gone.rowcount == _AT_ONCE
