"""Checks rendered manifests without a cluster: every kind against the schema of whoever defines it, strictly.

Kubernetes' own come with kubernetes-validate, those of operators are in crds, and schemas.yaml holds what none of them says.

`validate.py RENDERED.yaml...`, by the interpreter that tests/tools/kubernetes.sh makes; `make k8s` runs it. Prints what is
wrong and where, and exits with 1 when anything is.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import kubernetes_validate
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

OLDEST = "1.33"
"""The oldest Kubernetes that has everything which is used: `matchLabelKeys` of topology spread."""

HERE = Path(__file__).parent
OURS = yaml.safe_load((HERE / "schemas.yaml").read_text("utf-8"))
DEFINED = {file.stem: json.loads(file.read_text("utf-8")) for file in (HERE / "crds").glob("*.json")}


def problems(manifest: dict[str, Any], newest: str) -> Iterator[str]:
    """Yields what is wrong with one manifest."""
    kind = f"{manifest['apiVersion']}/{manifest['kind']}"
    if (defined := DEFINED.get(kind.replace("/", "_"))) is not None:
        spec, definitions = {name: value for name, value in defined.items() if name != "$defs"}, defined["$defs"]
        fields = {"apiVersion": {}, "kind": {}, "metadata": {"type": "object"}, "spec": spec}
        whole = {"additionalProperties": False, "required": [*fields], "properties": fields, "$defs": definitions}
        more = {"properties": {"spec": OURS.get(kind, {})}}
        for schema in (whole, more):
            for error in jsonschema.Draft202012Validator(schema).iter_errors(manifest):
                yield f"{'.'.join(str(part) for part in error.absolute_path)}: {error.message}"
        return
    for version in (OLDEST, newest):
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
            yield f"Kubernetes {version}: {error}"


def main(paths: list[str]) -> int:
    """Checks files; returns the exit status."""
    newest = kubernetes_validate.latest_version()
    found, right = [], set()
    for path in paths:
        for manifest in yaml.load_all(Path(path).read_bytes(), yaml.CSafeLoader):
            manifest["metadata"].pop("namespace", None)
            if (text := json.dumps(manifest)) in right:
                continue  # overlays differ in little, and reading schemas takes long
            wrong = [
                f"{path}: {manifest['kind']} {manifest['metadata']['name']}: {one}"
                for one in problems(manifest, newest)
            ]
            found += wrong
            if not wrong:
                right.add(text)
    told = found or [f"{len(paths)} overlays are right, by Kubernetes {OLDEST} and {newest}"]
    sys.stdout.write("\n".join(told) + "\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
