"""Alerts and dashboards name figures of Envoy as it shows them, and what it is allowed at most."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from edge_figures import EDGE_FIGURES
from edge_process import EdgeProcess
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "deploy" / "observability"
QUERIES = (FOLDER / "alerts.yml").read_text("utf-8") + (FOLDER / "dashboards.py").read_text("utf-8")


def shown(edge: EdgeProcess) -> dict[str, list[dict[str, str]]]:
    """Each series of the edge by its name, as the labels of all there are."""
    series: dict[str, list[dict[str, str]]] = {}
    text = httpx.get(f"{edge.metrics}/stats/prometheus", timeout=30).text
    for line in text.splitlines():
        # Line by line, as families of Envoy's own form are not all ones that the library takes.
        if line and not line.startswith("#"):
            for family in text_string_to_metric_families(line + "\n"):
                for sample in family.samples:
                    series.setdefault(sample.name, []).append(sample.labels)
    return series


def test_the_edge_shows_what_alerts_and_dashboards_ask_for(http: httpx.Client, edge: EdgeProcess) -> None:
    for service in ("accounts/an", "links/one", "broadcasts/one", "challenges/one"):
        http.get(f"/v1/{service}")
    series = shown(edge)

    assert {name: set(series[name][0]) for name in EDGE_FIGURES} == EDGE_FIGURES


def test_their_labels_have_the_values_that_are_asked_for(http: httpx.Client, edge: EdgeProcess) -> None:
    http.get("/v1/accounts/an")
    series = shown(edge)
    values = {(label, value) for each in series.values() for labels in each for label, value in labels.items()}
    bounds = {labels["le"] for labels in series["envoy_http_downstream_rq_time_bucket"]}
    [asked] = re.findall(r"_WAITED: Final = 'le=~\"\(([^)]+)\)", QUERIES)

    assert ("envoy_http_conn_manager_prefix", "edge") in values
    assert {("envoy_cluster_name", name) for name in ("otp", "identity", "guardian", "livestream")} <= values
    assert ("envoy_response_code_class", "5") in values
    # Every bound up to the last one that a call can reach, or shares would be of something else.
    assert {float(bound) for bound in asked.split("|")} == {float(bound) for bound in bounds if float(bound) <= 10_000}


def test_the_alert_of_connections_knows_how_many_there_may_be() -> None:
    config = (ROOT / "services" / "xacthuc" / "edge" / "edge.yaml").read_text("utf-8")
    [most] = re.findall(r"max_active_downstream_connections: (\d+)", config)

    assert f"0.8 * {most}" in QUERIES
    assert f"{most} at most" in QUERIES
