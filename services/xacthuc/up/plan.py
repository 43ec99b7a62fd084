"""What runs: one row per process, with the settings it gets. The only place that knows the services' names.

Settings of the user's own environment pass through, except those that say where things are.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.up.layout import Layout, Ports

HAS_EDGE: Final = find_spec("envoy") is not None
"""Whether the extra with Envoy is installed, as a checkout has it. Who brings engines of their own may do without."""

# Calls of a developer are short; a stop should be too.
_DRAIN_SECONDS: Final = "3"


@dataclass(frozen=True, slots=True)
class Program:
    """A Python module run as a process of its own."""

    name: str
    module: str
    environment: Mapping[str, str] = field(repr=False)
    health: str | None = None
    """Address whose gRPC health service tells that it is ready; None for a program without such a port."""

    answers: str | None = None
    """URL that answers 200 once it is ready, of a program that speaks HTTP."""

    needs_database: bool = False
    """Whether it waits for PostgreSQL and its migrations."""

    @property
    def command(self) -> list[str]:
        """The command line."""
        return [sys.executable, "-m", self.module]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything to run, in no particular order."""

    services: tuple[Program, ...]
    migration: Program | None
    """Runs to its end before the services that need the database."""


def default_plan(layout: Layout, ports: Ports, *, state_url: str, database_url: str) -> Plan:
    """Returns the services of this product."""
    common = {
        **os.environ,
        "XACTHUC_ENVIRONMENT": "development",
        "XACTHUC_STATE_URL": state_url,
        "XACTHUC_TLS_DIRECTORY": str(layout.tls),
        "XACTHUC_KEYS_DIRECTORY": str(layout.keys),
        "XACTHUC_DRAIN_SECONDS": _DRAIN_SECONDS,
    }
    database = {"XACTHUC_DATABASE_URL": database_url}
    otp = {
        "XACTHUC_PUBLIC_ADDRESS": ports.otp_public,
        "XACTHUC_INTERNAL_ADDRESS": ports.otp_internal,
        "XACTHUC_METRICS_ADDRESS": ports.otp_metrics,
    }
    delivery = {"XACTHUC_INBOX_FILE": str(layout.inbox), "XACTHUC_METRICS_ADDRESS": ports.delivery_metrics}
    identity = {
        "XACTHUC_PUBLIC_ADDRESS": ports.identity_public,
        "XACTHUC_INTERNAL_ADDRESS": ports.identity_internal,
        "XACTHUC_METRICS_ADDRESS": ports.identity_metrics,
        "XACTHUC_OTP_ADDRESS": ports.otp_internal,
        "XACTHUC_AUDIT_CHECKPOINTS_DIRECTORY": str(layout.audit),
        "XACTHUC_ERASURE_ACKNOWLEDGERS": json.dumps(["guardian", "livestream", "backfill"]),
    }
    guardian = {
        "XACTHUC_PUBLIC_ADDRESS": ports.guardian_public,
        "XACTHUC_INTERNAL_ADDRESS": ports.guardian_internal,
        "XACTHUC_METRICS_ADDRESS": ports.guardian_metrics,
        "XACTHUC_IDENTITY_ADDRESS": ports.identity_internal,
        "XACTHUC_OTP_ADDRESS": ports.otp_internal,
        "XACTHUC_AUDIT_CHECKPOINTS_DIRECTORY": str(layout.guardian_audit),
    }
    livestream = {
        "XACTHUC_PUBLIC_ADDRESS": ports.livestream_public,
        "XACTHUC_INTERNAL_ADDRESS": ports.livestream_internal,
        "XACTHUC_METRICS_ADDRESS": ports.livestream_metrics,
        "XACTHUC_IDENTITY_ADDRESS": ports.identity_internal,
        "XACTHUC_AUDIT_CHECKPOINTS_DIRECTORY": str(layout.livestream_audit),
    }
    backfill = {
        "XACTHUC_INTERNAL_ADDRESS": ports.backfill_internal,
        "XACTHUC_METRICS_ADDRESS": ports.backfill_metrics,
        "XACTHUC_IDENTITY_ADDRESS": ports.identity_internal,
        "XACTHUC_OTP_ADDRESS": ports.otp_internal,
        "XACTHUC_AUDIT_CHECKPOINTS_DIRECTORY": str(layout.backfill_audit),
    }
    edge = {
        "XACTHUC_PUBLIC_ADDRESS": ports.edge_public,
        "XACTHUC_METRICS_ADDRESS": ports.edge_metrics,
        "XACTHUC_OTP_PUBLIC_ADDRESS": ports.otp_public,
        "XACTHUC_IDENTITY_PUBLIC_ADDRESS": ports.identity_public,
        "XACTHUC_GUARDIAN_PUBLIC_ADDRESS": ports.guardian_public,
        "XACTHUC_LIVESTREAM_PUBLIC_ADDRESS": ports.livestream_public,
        "XACTHUC_CAMARA_ADDRESS": ports.otp_camara,
        "XACTHUC_RUN_DIRECTORY": str(layout.edge),
        "XACTHUC_WORKERS": "1",
    }
    camara = {"XACTHUC_PUBLIC_ADDRESS": ports.otp_camara, "XACTHUC_OTP_PUBLIC_ADDRESS": ports.otp_public}
    front = Program("edge", "xacthuc.edge", {**common, **edge}, answers=f"http://{ports.edge_public}/healthz")
    return Plan(
        services=(
            *([front, Program("otp-camara", "xacthuc.otp.camara", {**common, **camara})] if HAS_EDGE else []),
            Program("otp", "xacthuc.otp", {**common, **otp}, health=ports.otp_public),
            Program("otp-delivery", "xacthuc.otp.delivery", {**common, **delivery}),
            Program(
                "identity",
                "xacthuc.identity",
                {**common, **database, **identity},
                health=ports.identity_public,
                needs_database=True,
            ),
            Program(
                "guardian",
                "xacthuc.guardian",
                {**common, **database, **guardian},
                health=ports.guardian_public,
                needs_database=True,
            ),
            Program(
                "livestream",
                "xacthuc.livestream",
                {**common, **database, **livestream},
                health=ports.livestream_public,
                needs_database=True,
            ),
            Program("backfill", "xacthuc.backfill", {**common, **database, **backfill}, needs_database=True),
        ),
        migration=Program("migrate", "xacthuc.up.migrate", {**common, **database}, needs_database=True),
    )
