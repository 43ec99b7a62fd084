"""The manifests of deploy/k8s as kustomize renders them, for tests that look at one thing or another of them."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
KUSTOMIZE = TOOLS / "kustomize" / "bin" / "kustomize"
VALIDATING = TOOLS / "kubernetes" / "bin" / "python"
HAS_KUSTOMIZE = KUSTOMIZE.exists() and VALIDATING.exists()
OVERLAYS = ("dev", "staging", "production")
IMPORT = "backfill-import"


@contextmanager
def rendered_overlays() -> Iterator[dict[str, Path]]:
    """Every overlay as one file, as it would be applied."""
    with tempfile.TemporaryDirectory(prefix="xacthuc-test-") as directory:
        files = {overlay: Path(directory, f"{overlay}.yaml") for overlay in (*OVERLAYS, IMPORT)}
        for overlay, file in files.items():
            source = ROOT / "deploy" / "k8s" / "overlays" / overlay
            subprocess.run([KUSTOMIZE, "build", source, "--output", file], check=True, timeout=60)
        yield files


def pods(manifests: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The pod specifications, by the name of what makes them."""
    return {
        manifest["metadata"]["name"]: manifest["spec"]["template"]["spec"]
        for manifest in manifests
        if manifest["kind"] in {"Deployment", "Job", "StatefulSet"}
    }


def environment(manifests: list[dict[str, Any]], service: str) -> dict[str, str]:
    """What a service's process finds in its environment."""
    container = pods(manifests)[service]["containers"][0]
    shared = container["envFrom"][0]["configMapRef"]["name"]
    (values,) = [one["data"] for one in manifests if one["kind"] == "ConfigMap" and one["metadata"]["name"] == shared]
    return {**values, **{variable["name"]: variable["value"] for variable in container["env"]}}
