"""A resource of cert-manager, KEDA or CloudNativePG is checked by its operator's own definition: a slip in a field is found."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from manifests import HAS_KUSTOMIZE, ROOT, VALIDATING

DEFINITIONS = sorted((ROOT / "deploy" / "k8s" / "crds").glob("*.json"))

pytestmark = pytest.mark.skipif(not HAS_KUSTOMIZE, reason="tests/tools/kubernetes.sh did not run or could not fetch")


@pytest.fixture(scope="module")
def resources(overlays: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """What production and staging have of kinds that are not Kubernetes' own, by kind as files are named."""
    found: dict[str, list[dict[str, Any]]] = {}
    for manifest in (*overlays["production"], *overlays["staging"]):
        kind = f"{manifest['apiVersion'].replace('/', '_')}_{manifest['kind']}"
        if "." in kind and not manifest["apiVersion"].partition("/")[0].endswith(".k8s.io"):
            found.setdefault(kind, []).append(manifest)
    return found


def test_every_kind_that_is_used_is_defined_and_no_other(resources):
    assert [file.stem for file in DEFINITIONS] == sorted(resources)


def test_a_definition_stays_small_enough_to_be_read():
    assert {file.name for file in DEFINITIONS if file.stat().st_size > 100_000} == set()


@pytest.mark.parametrize("kind", [file.stem for file in DEFINITIONS])
def test_a_misspelled_field_is_found_wherever_a_kind_has_fields(resources, kind, tmp_path):
    schema = json.loads((ROOT / "deploy" / "k8s" / "crds" / f"{kind}.json").read_text("utf-8"))
    slips = {}
    for manifest in resources[kind]:
        for path in fields(manifest["spec"], schema, schema["$defs"]):
            slips[".".join(map(str, path))] = misspelled(manifest, path)
    for name, slip in slips.items():
        slip["metadata"]["name"] = name
    file = Path(tmp_path, "slips.yaml")
    file.write_text(yaml.safe_dump_all(slips.values()), "utf-8")

    told = subprocess.run(
        [VALIDATING, ROOT / "deploy" / "k8s" / "validate.py", file],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    ).stdout.splitlines()

    assert slips
    assert {name for name, slip in slips.items() if not found(told, slip)} == set()


def found(told: list[str], slip: dict[str, Any]) -> bool:
    """Whether a line says of this manifest which field it does not know."""
    name = slip["metadata"]["name"]
    field = f"{name.rpartition('.')[2]}x"
    return any(f" {slip['kind']} {name}: " in line and f"'{field}' was unexpected" in line for line in told)


def misspelled(manifest: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    """A copy of a manifest with a letter too many in one field."""
    wrong = copy.deepcopy(manifest)
    owner: Any = wrong["spec"]
    for step in path[:-1]:
        owner = owner[step]
    owner[f"{path[-1]}x"] = owner.pop(path[-1])
    return wrong


def fields(value: Any, schema: dict[str, Any], named: dict[str, Any]) -> Iterator[tuple[str | int, ...]]:
    """Yields the path of each field that a definition names, not of a key that a map is free in."""
    while "$ref" in schema:
        schema = named[schema["$ref"].removeprefix("#/$defs/")]
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from ((index, *path) for path in fields(item, schema["items"], named))
    elif isinstance(value, dict) and "properties" in schema:
        for name, inner in value.items():
            yield (name,)
            yield from ((name, *path) for path in fields(inner, schema["properties"][name], named))
