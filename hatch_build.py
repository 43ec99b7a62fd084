"""Generates the Python code of the contracts and what JSON callers need; the wheel's build hook and `make proto` share it.

The proto root equals the Python root, so generated imports resolve unchanged. `buf/validate/validate.proto` is
published only inside a source archive that needs a Rust toolchain; its descriptor, however, ships in the
protovalidate wheel, and protoc accepts a descriptor set in place of a source file.
"""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.resources
import shutil
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # `python hatch_build.py` outside a build
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
PROTOS = ROOT / "protos"
OUT = ROOT / "libs"
DESCRIPTORS = OUT / "xacthuc" / "api" / "descriptors.binpb"


def validate_descriptor() -> bytes:
    """Returns a FileDescriptorSet of validate.proto and what it imports, read out of the protovalidate wheel."""
    from google.protobuf import (  # noqa: PLC0415 - build-time only
        descriptor_pb2,
        duration_pb2,
        field_mask_pb2,
        timestamp_pb2,
    )

    source = Path(
        str(
            importlib.metadata.distribution("protovalidate").locate_file(
                "protovalidate/_gen/buf/validate/validate_pb.py"
            )
        )
    )
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "file_desc":
            blob = ast.literal_eval(node.args[0])
            break
    else:
        raise RuntimeError(f"{source} holds no file descriptor: check the protovalidate pin in pyproject.toml")
    files = descriptor_pb2.FileDescriptorSet()
    for module in (descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2):
        module.DESCRIPTOR.CopyToProto(files.file.add())
    files.file.add().ParseFromString(blob)
    return files.SerializeToString()


def generate(out: Path = OUT) -> list[Path]:
    """Writes messages, stubs, type hints, retry policies and the descriptor set below `out`; returns the files written."""
    from grpc_tools import protoc  # noqa: PLC0415 - build-time only

    api = out / "xacthuc" / "api"
    shutil.rmtree(api, ignore_errors=True)
    shutil.rmtree(out / "buf", ignore_errors=True)
    api.mkdir(parents=True)
    validate = api / "validate.binpb"
    validate.write_bytes(validate_descriptor())
    own = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    common = str(importlib.resources.files("google.api").joinpath("../..").resolve())
    builtin = str(importlib.resources.files("grpc_tools") / "_proto")
    plugins = Path(sys.executable).parent
    arguments = [
        "protoc",
        f"--descriptor_set_in={validate}",
        f"--proto_path={PROTOS}",
        f"--proto_path={common}",
        f"--proto_path={builtin}",
    ]
    path_plugins = [
        f"--plugin={name}={found}"
        for name in ("protoc-gen-mypy", "protoc-gen-mypy_grpc")
        if (found := shutil.which(name, path=str(plugins)) or shutil.which(name))
    ]
    run(
        protoc.main,
        [*arguments, *path_plugins, f"--python_out={out}", f"--mypy_out={out}", "buf/validate/validate.proto"],
    )
    run(
        protoc.main,
        [
            *arguments,
            *path_plugins,
            f"--python_out={out}",
            f"--grpc_python_out={out}",
            f"--mypy_out={out}",
            f"--mypy_grpc_out=only_async:{out}",
            *own,
        ],
    )
    run(
        protoc.main,
        [
            *arguments,
            "--include_imports",
            "--include_source_info",
            f"--descriptor_set_out={api / DESCRIPTORS.name}",
            *own,
            "google/rpc/error_details.proto",  # no method names what an error carries, but every client reads it
        ],
    )
    for policy in PROTOS.rglob("*_grpc_service_config.json"):  # clients read their retry policy beside the contract
        shutil.copyfile(policy, out / policy.relative_to(PROTOS))
    validate.unlink()
    return sorted(path for path in (*api.rglob("*"), *(out / "buf").rglob("*")) if path.is_file())


def describe(out: Path = OUT) -> list[Path]:
    """Writes what JSON callers and the edge read beside the descriptors; returns the files written."""
    if not (ROOT / "libs" / "xacthuc" / "httpapi").exists():  # `make breaking` compares the contracts alone
        return []
    sys.path[:0] = [str(ROOT / "libs")]
    from xacthuc.httpapi import writing  # noqa: PLC0415 - needs what `generate` wrote

    return writing.write(out / "xacthuc" / "api")


def run(protoc_main: Any, arguments: list[str]) -> None:
    """Runs protoc in this process; SystemExit with its status when the contracts do not compile."""
    status = protoc_main(arguments)
    if status:
        raise SystemExit(status)


class GenerateCode(BuildHookInterface):  # type: ignore[misc,type-arg,unused-ignore]
    """Hatchling hook: every wheel and editable install holds fresh code (docs/decisions/0003-generated-code.md)."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        generate()
        describe()


if __name__ == "__main__":
    written = generate() + describe()
    print(f"{len(written)} files generated below {OUT / 'xacthuc' / 'api'}")
