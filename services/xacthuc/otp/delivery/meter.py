"""What became of codes, and how circuits are, as metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xacthuc.otp.delivery.ports import Channel

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.otp.delivery.domain.figures import Figures, Place
    from xacthuc.otp.delivery.routes import Route, Routes
    from xacthuc.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Meter:
    """Adds what is counted in the store for the first time to this worker's metrics."""

    metrics: Metrics

    def count(self, place: Place, change: Figures) -> None:
        """Counts one change of one place."""
        labels = (place.provider, place.operator, Channel(place.channel).name)
        counts = {
            "sent": change.sent,
            "delivered": change.delivered,
            "failed": change.failed,
            "verified": change.verified,
        }
        for outcome, count in counts.items():
            if count:
                self.metrics.messages.add(*labels, outcome, by=count)
        if change.cost_vnd:
            self.metrics.message_cost_vnd.add(*labels, by=change.cost_vnd)
        if change.delivered:
            self.metrics.message_seconds.cell(*labels).observe(change.latency_ms / 1000)


def measure_circuits(routes: Routes, metrics: Metrics) -> None:
    """Makes the metric of circuits say how they are whenever somebody looks."""
    for route in routes.all:
        metrics.circuit_open.labels(route.provider.name).set_function(_openness(route))


def _openness(route: Route) -> Callable[[], float]:
    return lambda: float(route.circuit.open())
