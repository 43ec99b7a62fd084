"""Pods of deploy/k8s are scraped under the jobs that alerts and dashboards ask for."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "deploy" / "observability"
MANIFESTS = ROOT / "deploy" / "k8s"
IN_CLUSTER = FOLDER / "prometheus-kubernetes.yml"
ELSEWHERE = {"xacthuc-camara", "xacthuc-livestream-watch"}
"""What `make run` does not start."""
PROMTOOL = ROOT / ".tools" / "prometheus" / "bin" / "promtool"


def jobs_of(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(file.read_text("utf-8"))["scrape_configs"]
    return found


def targets() -> Iterator[dict[str, str]]:
    """What Prometheus is told of each port of each pod, as its documentation on kubernetes_sd_configs says."""
    for file in (*sorted(MANIFESTS.glob("base/*.yaml")), MANIFESTS / "components" / "edge" / "edge.yaml"):
        for manifest in yaml.safe_load_all(file.read_text("utf-8")):
            if manifest["kind"] != "Deployment":
                continue
            pod = manifest["spec"]["template"]
            labels = {**pod["metadata"]["labels"], "app.kubernetes.io/part-of": "xacthuc"}
            said = {f"label_{key}": value for key, value in labels.items()}
            said |= {f"annotation_{key}": value for key, value in pod["metadata"].get("annotations", {}).items()}
            for container in pod["spec"]["containers"]:
                for port in container["ports"]:
                    said["container_port_name"] = port["name"]
                    yield {f"__meta_kubernetes_pod_{re.sub(r'[^a-zA-Z0-9_]', '_', key)}": said[key] for key in said}


def relabelled(target: dict[str, str], rules: list[dict[str, Any]]) -> dict[str, str] | None:
    """What a target's labels are in the end; None when it is dropped."""
    labels = dict(target)
    for rule in rules:
        value = ";".join(labels.get(name, "") for name in rule["source_labels"])
        matched = re.fullmatch(rule.get("regex", "(.*)"), value)
        if rule.get("action") == "keep" and matched is None:
            return None
        if rule.get("action") is None and matched is not None:
            labels[rule["target_label"]] = matched.expand(rule.get("replacement", "$1").replace("$", "\\"))
    return labels


def test_every_pod_that_shows_metrics_is_scraped_once_under_the_job_of_its_service():
    [config] = jobs_of(IN_CLUSTER)
    found = [relabelled(target, config["relabel_configs"]) for target in targets()]
    named = sorted(labels["job"] for labels in found if labels is not None)

    assert named == sorted({each["job_name"] for each in jobs_of(FOLDER / "prometheus.yml")} | ELSEWHERE)


def test_pods_are_scraped_at_the_paths_of_one_machine():
    [config] = jobs_of(IN_CLUSTER)
    found = [relabelled(target, config["relabel_configs"]) for target in targets()]
    paths = {labels["job"]: labels.get("__metrics_path__", "/metrics") for labels in found if labels is not None}

    assert {job: path for job, path in paths.items() if job not in ELSEWHERE} == {
        each["job_name"]: each.get("metrics_path", "/metrics") for each in jobs_of(FOLDER / "prometheus.yml")
    }


@pytest.mark.parametrize("file", ["prometheus.yml", "prometheus-kubernetes.yml"])
def test_prometheus_takes_its_configuration(file, tmp_path):
    if not PROMTOOL.exists():
        pytest.skip("no promtool here: run tests/tools/prometheus.sh, as make test does")
    # Debian builds its Prometheus without the discovery of Kubernetes: the rest of the file is what it can check.
    text = (FOLDER / file).read_text("utf-8")
    checked_file = tmp_path / file
    checked_file.write_text(text.replace("kubernetes_sd_configs: [{role: pod}]", "static_configs: [{targets: [pod]}]"))
    checked = subprocess.run(
        [PROMTOOL, "check", "config", "--syntax-only", checked_file], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr
