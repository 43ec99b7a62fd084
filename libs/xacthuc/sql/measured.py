"""How many connections of each pool are in use: what a transaction waits for when a process does not keep up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.pool import AsyncAdaptedQueuePool

if TYPE_CHECKING:
    from xacthuc.telemetry.metrics import Metrics


def measure(pools: object, metrics: Metrics) -> None:
    """Shows the engines that are attributes of `pools`, each by its attribute's name."""
    for name, engine in vars(pools).items():
        pool = engine.pool
        if isinstance(pool, AsyncAdaptedQueuePool):
            metrics.slots(f"database_{name}", pool.size(), pool.checkedout)
