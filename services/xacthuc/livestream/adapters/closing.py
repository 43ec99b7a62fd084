"""Ends broadcasts that nobody renewed in time: their platform vanished, or its media edge forgot them."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from xacthuc.audit.tags import Tag
from xacthuc.livestream.adapters import rows, steps
from xacthuc.livestream.adapters.events import EventKind
from xacthuc.livestream.adapters.own_order import own_order
from xacthuc.livestream.adapters.tables import broadcasts, outbox, trail
from xacthuc.livestream.domain.broadcast import close
from xacthuc.sql.engine import transaction
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.sql.outbox import Event
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock

_LOOK_SECONDS: Final = 1.0
_AT_ONCE: Final = 100


class Closing:
    """Runs beside the calls, in every process. Closing twice changes nothing the second time."""

    def __init__(self, engine: AsyncEngine, clock: Clock, *, appended: Callable[[], None]) -> None:
        """`appended` hears of what there is to tell."""
        self._engine = engine
        self._clock = clock
        self._appended = appended
        self._log = get_logger()

    async def run(self) -> None:
        """Closes until cancelled. A database that is down is waited for."""
        while True:
            try:
                while await self.close():
                    pass
            except DatabaseUnavailable as error:
                self._log.warning("closing_waits_for_database", cause=str(error))
            await asyncio.sleep(_LOOK_SECONDS * random.uniform(0.5, 1))

    async def close(self) -> bool:
        """Ends some of what is left behind; whether there may be more."""
        of = broadcasts.c
        late = select(of.platform, of.account, of.broadcast).where(
            of.state == rows.LIVE, of.close_time <= self._clock.now()
        )
        async with transaction(self._engine) as connection:
            found = (await connection.execute(late.order_by(of.close_time).limit(_AT_ONCE))).all()
        for row in found:
            await self._end(row.platform, row.account, row.broadcast)
        return len(found) == _AT_ONCE

    async def _end(self, platform: str, account_id: str, broadcast_id: str) -> None:
        now = self._clock.now()
        async with transaction(self._engine) as connection:
            await rows.heard(connection, platform, account_id, lock=True)
            found = await rows.read(connection, platform, broadcast_id, lock=True)
            if found is None:
                return
            after = close(found.kept.broadcast, now)
            if after is found.kept.broadcast:  # renewed or ended meanwhile
                return
            await rows.change(connection, platform, found.after(after))
            detail = {"account": account_id, "state": after.state, "end_reason": after.end_reason}
            entry = steps.entry(own_order(platform, "Close"), Tag.BROADCAST_ENDED, broadcast_id, now, {**detail})
            await trail.write(connection, [entry])
            told = Event(
                platform=platform,
                subject=broadcast_id,
                kind=EventKind.BROADCAST_UNRENEWED,
                time=now,
                detail={"account": account_id},
            )
            await outbox.append(connection, [told])
        self._appended()
