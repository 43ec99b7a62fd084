"""What kustomize renders, once for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from manifests import rendered_overlays


@pytest.fixture(scope="module")
def rendered() -> Iterator[dict[str, Path]]:
    """Every overlay as one file, as it would be applied."""
    with rendered_overlays() as files:
        yield files


@pytest.fixture(scope="module")
def overlays(rendered: dict[str, Path]) -> dict[str, list[dict[str, Any]]]:
    """The manifests of each overlay."""
    return {overlay: list(yaml.safe_load_all(file.read_text("utf-8"))) for overlay, file in rendered.items()}


@pytest.fixture
def production(overlays: dict[str, list[dict[str, Any]]]) -> dict[tuple[str, str], dict[str, Any]]:
    """The manifests of production, by kind and name."""
    return {(manifest["kind"], manifest["metadata"]["name"]): manifest for manifest in overlays["production"]}
