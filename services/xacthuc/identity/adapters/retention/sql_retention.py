"""How retention stands, read from the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.identity.adapters.retention import counting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.identity.domain.duties import Duty
    from xacthuc.identity.domain.retention import Figure, Rule


class SqlRetention:
    """The port `Retention`."""

    def __init__(self, engine: AsyncEngine, rules: Sequence[Rule], grace: timedelta) -> None:
        """Takes the pool, the plan, and how late a purge may be."""
        self._engine = engine
        self._rules = rules
        self._grace = grace

    async def figures(self, now: datetime) -> tuple[Sequence[Figure], Mapping[Duty, int]]:
        """Counts now."""
        figures = await counting.count(self._engine, self._rules, now, self._grace)
        return figures, await counting.overdue(self._engine, now)
