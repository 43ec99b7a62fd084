"""Writes the Grafana dashboards beside it: `python deploy/observability/dashboards.py`. Imports nothing of the product.

A dashboard is rows of panels, a panel a title, a unit and its queries. Change it here and never in Grafana, which is
told not to let anybody; `make test` compares the files with what this writes, and each query with the metrics there are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

_COLUMNS: Final = 24
_HEIGHT: Final = 8
_FOLDER: Final = Path(__file__).parent / "dashboards"


class Panel(NamedTuple):
    """One graph. `queries` are what it draws, by the legend of each."""

    title: str
    unit: str
    queries: dict[str, str]
    why: str = ""
    stacked: bool = False


class Dashboard(NamedTuple):
    """One page: rows of panels that share its width."""

    name: str
    title: str
    rows: tuple[tuple[Panel, ...], ...]


_SERVED: Final = "xacthuc_rpc_server_duration_seconds"
_ARRIVED: Final = "xacthuc_message_delivery_seconds"
_OURS: Final = 'code=~"INTERNAL|UNKNOWN|UNAVAILABLE|DEADLINE_EXCEEDED|DATA_LOSS"'
_AWAY: Final = 'reason=~"OVERLOADED|STORE_UNAVAILABLE|DATABASE_UNAVAILABLE"'
_PLACE: Final = "provider, operator, channel"


def _legend(by: str) -> str:
    return " ".join(f"{{{{{label}}}}}" for label in by.split(", ") if label)


def _rate(title: str, counter: str, by: str, why: str = "", *, of: str = "", stacked: bool = False) -> Panel:
    query = f"sum by ({by}) (rate({counter}{{{of}}}[$__rate_interval]))"
    return Panel(title, "reqps", {_legend(by): query}, why, stacked)


def _hour(title: str, counter: str, by: str, why: str = "", *, stacked: bool = False) -> Panel:
    return Panel(title, "short", {_legend(by): f"sum by ({by}) (increase({counter}[1h]))"}, why, stacked)


def _quantile(title: str, share: float, histogram: str, by: str, why: str = "") -> Panel:
    buckets = f"sum by (le, {by}) (rate({histogram}_bucket[$__rate_interval]))"
    return Panel(title, "s", {_legend(by): f"histogram_quantile({share}, {buckets})"}, why)


def _most(title: str, unit: str, gauge: str, by: str, why: str = "", *, worst: str = "max") -> Panel:
    return Panel(title, unit, {_legend(by) or "all": f"{worst} by ({by}) ({gauge})"}, why)


def _burnt(title: str, objective: str, budget: float, by: str = "") -> Panel:
    """How many times faster than in 30 days the budget of an objective (alerts.yml) goes, by what that is kept."""
    spans = {span: f"xacthuc:{objective}:ratio_{span} / {budget}" for span in ("1h", "6h")}
    return Panel(title, "short", {f"{_legend(by)} {span}".lstrip(): query for span, query in spans.items()})


def _outcome(outcome: str) -> str:
    return f'sum by ({_PLACE}) (increase(xacthuc_messages_total{{outcome="{outcome}"}}[1h]))'


# Of whom nobody entered a code there is no series: that is 0, and the one that has to be seen.
_CONVERSION: Final = f"({_outcome('verified')} or 0 * {_outcome('sent')}) / {_outcome('sent')}"

CALLS: Final = Dashboard(
    "calls",
    "Xacthuc: calls",
    (
        (
            _rate("Calls", f"{_SERVED}_count", "service, method"),
            _rate("Failures of ours", f"{_SERVED}_count", "method, code", of=_OURS),
            _rate("Errors by reason", "xacthuc_rpc_server_errors_total", "reason", "docs/errors.md"),
        ),
        (
            _quantile("Slowest call in a hundred", 0.99, _SERVED, "method", "Points are traces."),
            _quantile("Median call", 0.5, _SERVED, "method"),
            _quantile("To each other, slowest in a hundred", 0.99, "xacthuc_rpc_client_duration_seconds", "method"),
        ),
        (
            _burnt("Budget of failed calls burnt, times too fast", "call_failures", 0.001, "service"),
            _burnt("Budget of slow decisions burnt", "slow_decisions", 0.01),
            _burnt("Budget of late codes burnt", "late_codes", 0.05),
        ),
    ),
)

BUSINESS: Final = Dashboard(
    "business",
    "Xacthuc: verifications",
    (
        (
            _rate("Challenges started", "xacthuc_challenges_total", "operator, channel", stacked=True),
            _rate("Codes entered, by verdict", "xacthuc_codes_checked_total", "verdict", stacked=True),
            Panel(
                "Conversion over an hour",
                "percentunit",
                {_legend(_PLACE): _CONVERSION},
                "Entered rightly, of those sent: the one figure that no provider can embellish.",
            ),
        ),
        (
            _rate("Messages by what became of them", "xacthuc_messages_total", "provider, outcome"),
            _quantile("Queue to receipt, slowest in twenty", 0.95, _ARRIVED, "provider, operator"),
            _hour("Dong an hour", "xacthuc_message_cost_vnd_total", "provider, channel", stacked=True),
        ),
        (
            _rate("Decisions by reason", "xacthuc_decisions_total", "reason", stacked=True),
            _rate("Limits hit", "xacthuc_limits_hit_total", "limit", "docs/limits.md"),
            _rate("The fraud guard", "xacthuc_guard_decisions_total", "kind, verdict", "docs/fraud.md"),
        ),
        (
            _rate("Personal IDs", "xacthuc_personal_id_check_duration_seconds_count", "provider, outcome"),
            _rate("Silent verification", "xacthuc_network_check_duration_seconds_count", "operator, outcome"),
            _hour("Sign-ins of the staff", "xacthuc_staff_sign_ins_total", "means, outcome"),
        ),
        (
            _most(
                "Accounts by state", "short", "xacthuc_accounts", "state", "Counted anew every ten minutes, or slower."
            ),
        ),
    ),
)

DELIVERY: Final = Dashboard(
    "delivery",
    "Xacthuc: providers and queues",
    (
        (
            _most("Oldest message waiting", "s", "xacthuc_queue_oldest_seconds", "lane"),
            _most("Providers left alone", "short", "xacthuc_provider_circuit_open", "provider"),
            _rate("Sent again for want of a receipt", "xacthuc_failovers_total", "provider"),
        ),
        (
            _quantile("A provider's answer, slowest in twenty", 0.95, "xacthuc_send_duration_seconds", "provider"),
            _rate("Receipts", "xacthuc_receipts_total", "provider, outcome"),
            _most("Bound to message centers", "short", "xacthuc_smpp_binds", "provider", worst="sum"),
        ),
        (
            _hour("Faults of message centers", "xacthuc_smpp_faults_total", "provider, cause"),
            _most("Zalo tokens, time left", "s", "xacthuc_zns_token_seconds", "provider", worst="min"),
            _most("Sender names, time left", "s", "xacthuc_sender_registration_seconds", "platform", worst="min"),
        ),
        (
            _most("Webhooks: oldest event not told", "s", "xacthuc_webhook_lag_seconds", ""),
            _rate("Webhooks: deliveries", "xacthuc_webhook_attempts_total", "outcome"),
            _rate("Durable jobs", "xacthuc_jobs_run_total", "kind, outcome"),
        ),
        (
            _most("Jobs that are due", "short", "xacthuc_jobs_waiting", "kind"),
            _most("Jobs that wait for an operator", "short", "xacthuc_jobs_held", "kind"),
            _most("Backfill: accounts by where they stand", "short", "xacthuc_backfill_accounts", "state"),
        ),
    ),
)

SATURATION: Final = Dashboard(
    "saturation",
    "Xacthuc: processes and stores",
    (
        (
            _most(
                "CPU, of one core", "percentunit", "rate(process_cpu_seconds_total[$__rate_interval])", "job, instance"
            ),
            _most("Memory", "bytes", "process_resident_memory_bytes", "job, instance"),
            _most(
                "Places taken",
                "percentunit",
                "xacthuc_slots_taken / xacthuc_slots",
                "job, of",
                "Full: shed, or waiting.",
            ),
            _most(
                "Certificates: time left",
                "s",
                "xacthuc_certificate_not_after_seconds - time()",
                "job, port",
                "Renewed with a third of it left.",
                worst="min",
            ),
        ),
        (
            _rate("Shed, or refused for a store", "xacthuc_rpc_server_errors_total", "job, reason", of=_AWAY),
            _rate("Limits that could not be asked", "xacthuc_limit_failures_total", "limit"),
            _most("Age of platform keys", "s", "xacthuc_keys_age_seconds", "job", "Refused above 900."),
        ),
        (
            _most("Outbox: oldest event without a position", "s", "xacthuc_outbox_lag_seconds", "job"),
            _most("Audit trail: oldest entry without a seal", "s", "xacthuc_audit_lag_seconds", "job"),
            _most("Alarms of the audit trail", "short", "xacthuc_audit_alarm", "job, cause"),
        ),
        (
            _most("Kept too long", "short", "xacthuc_retained_late_rows", "data", "docs/retention.md"),
            _most("Duties overdue", "short", "xacthuc_duties_overdue", "duty", "docs/retention.md"),
            _most("Rows under an older key", "short", "xacthuc_old_key_rows", "column", "docs/keys.md"),
        ),
    ),
)

# Envoy counts in milliseconds, and a watch as one request that takes half an hour: what is waited for ends within 10 s, so only
# that is looked at. Prometheus 3 writes 1000 as 1000.0.
_WAITED: Final = 'le=~"(0.5|1|5|10|25|50|100|250|500|1000|2500|5000|10000)([.]0)?"'
_EDGE: Final = 'envoy_http_conn_manager_prefix="edge"'
_BEHIND: Final = 'envoy_cluster_name=~"otp|identity|guardian|livestream|livestream-watch"'


def _waited(title: str, share: float, histogram: str, by: str, of: str) -> Panel:
    buckets = f"rate({histogram}_bucket{{{of},{_WAITED}}}[$__rate_interval])"
    whole = f'label_replace({buckets}, "le", "+Inf", "le", "10000([.]0)?")'
    kept = ", ".join(filter(None, ("le", by)))
    return Panel(title, "ms", {_legend(by) or "all": f"histogram_quantile({share}, sum by ({kept}) ({whole}))"})


EDGE: Final = Dashboard(
    "edge",
    "Xacthuc: edge",
    (
        (
            _rate(
                "Requests by class of answer",
                "envoy_http_downstream_rq_xx",
                "envoy_response_code_class",
                "A call by gRPC is a 2 whatever its status: those are on the dashboard of calls.",
                of=_EDGE,
                stacked=True,
            ),
            _rate(
                "Refused for their number",
                "envoy_http_local_rate_limit_rate_limited",
                "instance",
                "The edge's own 429; those of services are among Limits hit.",
            ),
            _rate("No connection, or none in time", "envoy_cluster_upstream_cx_connect_fail", "envoy_cluster_name"),
        ),
        (
            _waited("Slowest request in a hundred", 0.99, "envoy_http_downstream_rq_time", "", _EDGE),
            _waited("Median request", 0.5, "envoy_http_downstream_rq_time", "", _EDGE),
            _waited(
                "Slowest answer of a service in a hundred",
                0.99,
                "envoy_cluster_upstream_rq_time",
                "envoy_cluster_name",
                _BEHIND,
            ),
        ),
        (
            _most(
                "Processes that say they serve",
                "short",
                f"envoy_cluster_membership_healthy{{{_BEHIND}}}",
                "envoy_cluster_name",
                "As the edge process sees it that sees the fewest.",
                worst="min",
            ),
            _most("Connections", "short", f"envoy_http_downstream_cx_active{{{_EDGE}}}", "instance", "10000 at most."),
            _rate("Connections refused", "envoy_listener_downstream_global_cx_overflow", "instance"),
        ),
        (
            _rate("No answer in time", "envoy_cluster_upstream_rq_timeout", "envoy_cluster_name"),
            _most("Memory of the edge", "bytes", "envoy_server_memory_physical_size", "instance"),
        ),
    ),
)

ALL: Final = (CALLS, BUSINESS, DELIVERY, SATURATION, EDGE)
_DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}


def rendered(dashboard: Dashboard) -> str:
    """Returns the dashboard as Grafana 10 and newer import it."""
    panels = [
        _panel(panel, number * 100 + place, place * _COLUMNS // len(row), number * _HEIGHT, _COLUMNS // len(row))
        for number, row in enumerate(dashboard.rows)
        for place, panel in enumerate(row)
    ]
    return (
        json.dumps(
            {
                "uid": f"xacthuc-{dashboard.name}",
                "title": dashboard.title,
                "tags": ["xacthuc"],
                "editable": False,
                "schemaVersion": 39,
                "refresh": "30s",
                "time": {"from": "now-6h", "to": "now"},
                "templating": {
                    "list": [{"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
                },
                "links": [{"type": "dashboards", "tags": ["xacthuc"], "title": "Xacthuc", "asDropdown": False}],
                "panels": panels,
            },
            indent=1,
        )
        + "\n"
    )


def _panel(panel: Panel, identity: int, x: int, y: int, width: int) -> dict[str, Any]:
    drawn = {
        "lineWidth": 1,
        "fillOpacity": 20 if panel.stacked else 0,
        "stacking": {"mode": "normal" if panel.stacked else "none"},
    }
    return {
        "id": identity,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.why,
        "datasource": _DATASOURCE,
        "gridPos": {"x": x, "y": y, "w": width, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0, "custom": drawn}, "overrides": []},
        "options": {
            "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull"]},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": _DATASOURCE,
                "expr": query,
                "legendFormat": legend,
                "exemplar": "_bucket" in query,
            }
            for place, (legend, query) in enumerate(panel.queries.items())
        ],
    }


if __name__ == "__main__":
    _FOLDER.mkdir(exist_ok=True)
    for each in ALL:
        (_FOLDER / f"{each.name}.json").write_text(rendered(each), "utf-8")
