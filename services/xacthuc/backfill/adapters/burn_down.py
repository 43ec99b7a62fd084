"""How many accounts of all campaigns stand where, as a metric: what is left, and what became of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from xacthuc.backfill.adapters.tables import targets
from xacthuc.backfill.domain.campaign import TargetState
from xacthuc.sql.engine import transaction
from xacthuc.sql.hourly import hourly

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncEngine


class BurnDown:
    """Runs beside the calls, in every process; each counts those of all."""

    def __init__(self, engine: AsyncEngine, tell: Callable[[str, int], None]) -> None:
        """Takes a pool whose statements may take long, and who is told a state and its number."""
        self._engine = engine
        self._tell = tell

    async def run(self) -> None:
        """Counts now and then until cancelled."""
        await hourly(self.count, "not_counted")

    async def count(self) -> None:
        """Counts once."""
        of = targets.c
        async with transaction(self._engine) as connection:
            found = await connection.execute(select(of.state, func.count().label("number")).group_by(of.state))
            counted = {row.state: row.number for row in found}
        for state in TargetState:
            self._tell(state.value, counted.get(state.value, 0))
