"""Every metric of the product: its name, its meaning, its labels and the closed set each label draws from.

Nothing else names a metric. If you add one you must also: end its name with its unit (`_seconds`, `_total`), give its
labels closed sets, and see whether a dashboard or a rule wants it. No label may be personal or per account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import Gauge

from xacthuc.grpckit.reasons import Reason
from xacthuc.telemetry.cells import Distribution, Tally

if TYPE_CHECKING:
    from collections.abc import Collection

    from prometheus_client import CollectorRegistry

RPC_BOUNDS_SECONDS: Final = (
    0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
)  # fmt: skip
"""15 ms is the promised p99 of one call; 5 s is the ceiling of a deadline."""

PROVIDER_BOUNDS_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
DELIVERY_BOUNDS_SECONDS: Final = (1.0, 2.5, 5.0, 10.0, 15.0, 25.0, 40.0, 60.0, 120.0, 300.0)

KEY_FAILURES: Final = frozenset({"store", "signature"})
STORE_FAILURES: Final = frozenset({"unavailable", "timeout", "script", "clock", "overflow"})
FAIL_MODES: Final = frozenset({"open", "closed"})
SEND_OUTCOMES: Final = frozenset({"accepted", "rejected", "throttled", "unreachable", "timeout"})
RECEIPT_OUTCOMES: Final = frozenset({"delivered", "failed", "expired", "unmatched"})


class Metrics:
    """The metrics of one process, in a registry of their own so that tests can have several."""

    def __init__(self, registry: CollectorRegistry, *, providers: Collection[str] = ()) -> None:
        """`providers` are the configured message providers, the closed set of that label."""
        self.registry = registry

        self.rpc_seconds = Distribution(
            registry,
            "xacthuc_rpc_server_duration_seconds",
            "Time from request to answer of calls served, by method and status",
            ("service", "method", "code"),
            RPC_BOUNDS_SECONDS,
        )
        self.rpc_errors = Tally(
            registry,
            "xacthuc_rpc_server_errors",
            "Errors answered, by reason (docs/errors.md)",
            {"reason": frozenset(Reason)},
        )
        self.rpc_in_flight = Gauge(
            "xacthuc_rpc_server_in_flight",
            "Calls being served; shedding starts at the configured maximum",
            registry=registry,
        )
        self.rpc_client_seconds = Distribution(
            registry,
            "xacthuc_rpc_client_duration_seconds",
            "Time of calls to other services, by method and status",
            ("service", "method", "code"),
            RPC_BOUNDS_SECONDS,
        )

        self.keys_known = Gauge("xacthuc_keys_known", "Platform keys in the local directory", registry=registry)
        self.keys_age_seconds = Gauge(
            "xacthuc_keys_age_seconds",
            "Age of the local directory of platform keys; refused above 900",
            registry=registry,
        )
        self.keys_refresh_failures = Tally(
            registry,
            "xacthuc_keys_refresh_failures",
            "Refreshes of the key directory that failed",
            {"cause": KEY_FAILURES},
        )

        self.store_failures = Tally(
            registry, "xacthuc_store_failures", "Requests to the state store that failed", {"cause": STORE_FAILURES}
        )
        self.limit_failures = Tally(
            registry,
            "xacthuc_limit_failures",
            "Limits that could not be asked, by what was done instead",
            {"mode": FAIL_MODES},
        )

        self.send_seconds = Distribution(
            registry,
            "xacthuc_send_duration_seconds",
            "Time a provider took to accept or refuse a message",
            ("provider", "outcome"),
            PROVIDER_BOUNDS_SECONDS,
        )
        self.receipts = Tally(
            registry,
            "xacthuc_receipts",
            "Delivery receipts, by provider and outcome",
            {"provider": providers, "outcome": RECEIPT_OUTCOMES},
        )
        self.delivery_seconds = Distribution(
            registry,
            "xacthuc_delivery_duration_seconds",
            "Time from a challenge to the receipt that its message arrived",
            ("provider",),
            DELIVERY_BOUNDS_SECONDS,
        )
        self.queue_oldest_seconds = Gauge(
            "xacthuc_queue_oldest_seconds",
            "Age of the oldest message waiting in the partitions held here",
            registry=registry,
        )
        self.outbox_lag_seconds = Gauge(
            "xacthuc_outbox_lag_seconds", "Age of the oldest outbox row without a position", registry=registry
        )
