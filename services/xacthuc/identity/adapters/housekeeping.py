"""Destroys what was to be kept for a time only, and counts what is still there although it should be gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.identity.adapters.retention import counting, sweeping
from xacthuc.sql.hourly import hourly

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.identity.domain.retention import Rule
    from xacthuc.telemetry.metrics import Metrics


class Housekeeping:
    """Runs beside the calls, in every process; rows another one is deleting are skipped."""

    def __init__(
        self, engine: AsyncEngine, clock: Clock, rules: Sequence[Rule], grace: timedelta, metrics: Metrics
    ) -> None:
        """Takes the plan of retention, and how late a purge may be before it is counted."""
        self._engine = engine
        self._clock = clock
        self._rules = rules
        self._grace = grace
        self._metrics = metrics

    async def run(self) -> None:
        """Forgets now and then until cancelled."""
        await hourly(self.forget, "not_forgotten")

    async def forget(self) -> None:
        """Destroys everything whose time is over, and counts what is left of it."""
        now = self._clock.now()
        await sweeping.destroy(self._engine, self._rules, now)
        for figure in await counting.count(self._engine, self._rules, now, self._grace):
            self._metrics.retained_late_rows.labels(figure.rule.data).set(figure.late)
        for duty, number in (await counting.overdue(self._engine, now)).items():
            self._metrics.duties_overdue.labels(duty).set(number)
