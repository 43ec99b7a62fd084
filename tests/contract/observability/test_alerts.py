"""Alerts and dashboards ask for metrics that exist, name entries of the runbook, and ring when they should."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from edge_figures import EDGE_FIGURES
from prometheus_client import CollectorRegistry, Gauge

from xacthuc.telemetry.cells import Distribution, Tally
from xacthuc.telemetry.metrics import Metrics

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "deploy" / "observability"
PROMTOOL = ROOT / ".tools" / "prometheus" / "bin" / "promtool"
RULES = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"] for rule in group["rules"]
]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
RUNBOOK = (ROOT / "docs" / "operations.md").read_text("utf-8")


def load_dashboards() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dashboards", FOLDER / "dashboards.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def exposed() -> dict[str, set[str]]:
    """Every series a process can show, with its labels."""
    own = {"job", "instance"}
    series = dict.fromkeys(("up", "process_cpu_seconds_total", "process_resident_memory_bytes"), own)
    for metric in vars(Metrics(CollectorRegistry())).values():
        if isinstance(metric, Gauge):
            series[metric._name] = {*metric._labelnames} | own
        elif isinstance(metric, Tally):
            series[f"{metric._name}_total"] = {*metric._labels} | own
        elif isinstance(metric, Distribution):
            for ending, more in (("_bucket", {"le"}), ("_count", set()), ("_sum", set())):
                series[metric._name + ending] = {*metric._labels} | own | more
    series |= {name: labels | own for name, labels in EDGE_FIGURES.items()}
    return series


SERIES = exposed()
DASHBOARDS = load_dashboards()
QUERIES = {
    **{f"rule {rule.get('alert') or rule['record']}": rule["expr"] for rule in RULES},
    **{
        f"panel {panel.title}": " ".join(panel.queries.values())
        for dashboard in DASHBOARDS.ALL
        for row in dashboard.rows
        for panel in row
    },
}


def asked_for(query: str) -> list[tuple[str, set[str]]]:
    """The series a query names, each with the labels it matches."""
    query = re.sub(r"(?<=\bby )\([^)]*\)", "", query)  # labels of Envoy are named like its figures
    found = re.findall(r"\b(up|(?:xacthuc|process|envoy)_[a-z_]+)\b(?:\{([^}]*)\})?", query)
    return [(name, set(re.findall(r"(\w+)=", matching))) for name, matching in found]


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_what_is_asked_for_exists(name):
    query = re.sub(r"\{\{\w+\}\}", "", QUERIES[name])
    asked = asked_for(re.sub(r"xacthuc:\w+:\w+", "", query))
    recorded = set(re.findall(r"xacthuc:\w+:\w+", query))

    assert asked or recorded
    assert recorded <= RECORDED
    assert [series for series, labels in asked if not labels <= SERIES.get(series, set())] == []


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_what_is_summed_by_is_a_label(name):
    query = QUERIES[name]
    known = set().union(*(SERIES[series] for series, _ in asked_for(query) if series in SERIES), {"service"})
    by = {label for found in re.findall(r"\bby \(([^)]*)\)", query) for label in re.findall(r"\w+", found)}

    assert by <= known


@pytest.mark.parametrize("name", sorted(name for name in QUERIES if name.startswith("panel ")))
def test_a_legend_names_labels_that_the_result_has(name):
    [panel] = [each for board in DASHBOARDS.ALL for row in board.rows for each in row if f"panel {each.title}" == name]

    for legend, query in panel.queries.items():
        asked = query
        for recorded in RECORDED & set(re.findall(r"xacthuc:\w+:\w+", query)):
            [asked] = [rule["expr"] for rule in RULES if rule.get("record") == recorded]
        kept = {label for found in re.findall(r"\bby \(([^)]*)\)", asked) for label in re.findall(r"\w+", found)}
        assert set(re.findall(r"\{\{(\w+)\}\}", legend)) == kept - {"le"}


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_says_how_urgent_it_is_and_has_its_entry_in_the_runbook(name):
    alert = ALERTS[name]

    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert alert["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
    [entry] = re.findall(rf"^### {name}\n\n(.+?)(?=^##|\Z)", RUNBOOK, re.MULTILINE | re.DOTALL)
    assert len(entry) > 100


def test_the_runbook_has_no_entry_of_an_alert_that_is_gone():
    part = RUNBOOK.split("## Alerts\n", 1)[1].split("\n## ", 1)[0]

    assert set(re.findall(r"^### (\w+)$", part, re.MULTILINE)) == set(ALERTS)


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_every_alert_is_made_to_ring(name):
    rung = "".join((FOLDER / file).read_text("utf-8") for file in ("alerts_test.yml", "alerts_slow_test.yml"))

    assert f'alertname="{name}"' in rung


@pytest.mark.parametrize("file", ["alerts_test.yml", "alerts_slow_test.yml"])
def test_alerts_ring_when_they_should_and_only_then(file):
    if not PROMTOOL.exists():
        pytest.skip("no promtool here: run tests/tools/prometheus.sh, as make test does")
    tested = subprocess.run([PROMTOOL, "test", "rules", file], cwd=FOLDER, capture_output=True, text=True, check=False)

    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.parametrize("name", [dashboard.name for dashboard in DASHBOARDS.ALL])
def test_a_dashboard_is_what_its_program_writes(name):
    [dashboard] = [each for each in DASHBOARDS.ALL if each.name == name]
    written = (FOLDER / "dashboards" / f"{name}.json").read_text("utf-8")

    assert written == DASHBOARDS.rendered(dashboard), "run make dashboards"
    panels: list[dict[str, Any]] = json.loads(written)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_every_metric_that_counts_business_is_on_a_dashboard():
    drawn = {series for query in QUERIES.values() for series, _ in asked_for(query)}
    business = {"challenges", "codes_checked", "messages", "message_cost_vnd", "limits_hit", "decisions"}

    assert {f"xacthuc_{name}_total" for name in business} <= drawn
    assert {
        "xacthuc_webhook_lag_seconds",
        "xacthuc_audit_lag_seconds",
        "xacthuc_slots_taken",
        "xacthuc_accounts",
    } <= drawn
