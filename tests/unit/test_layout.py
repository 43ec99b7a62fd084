"""The shape of the repository: what a reader may rely on when looking for something, and what must not be in it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMESPACES = (ROOT / "libs" / "xacthuc", ROOT / "services" / "xacthuc")
GENERATED = (ROOT / "libs" / "xacthuc" / "api", ROOT / "libs" / "buf")
PLACES = (".ci", "benchmarks", "docs", "examples", "libs", "protos", "services", "tests")
BUILT = {"__pycache__", "node_modules", "gen", "dist"}

STANDARD_FILES = ("main", "settings", "servicer", "wire", "usecases", "domain", "ports", "adapters")
NOT_SERVICES = {"up", "cli", "backfill", "edge"}
"""What runs on one machine, the command, a job, and what stands in front: none of them serves a contract itself."""

MOST_LINES = 350


def files() -> list[Path]:
    """Everything that belongs to the repository, without what is built or generated."""
    # In a worktree, .git is a file.
    found = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    for place in PLACES:
        found += [path for path in (ROOT / place).rglob("*") if path.is_file() and not BUILT & set(path.parts)]
    return [path for path in found if not any(path.is_relative_to(generated) for generated in GENERATED)]


def names(paths: list[Path]) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in paths)


def python_files() -> list[Path]:
    return [path for path in files() if path.suffix == ".py"]


def texts() -> dict[str, str]:
    """Of everything but pictures, whose bytes spell anything now and then."""
    return {name: (ROOT / name).read_text("utf-8", "replace") for name in names(files()) if not name.endswith(".png")}


def services() -> list[str]:
    folders = (ROOT / "services" / "xacthuc").iterdir()
    return sorted({path.name for path in folders if path.is_dir()} - NOT_SERVICES - BUILT)


@pytest.mark.parametrize("namespace", NAMESPACES, ids=lambda path: path.parent.name)
def test_the_namespace_has_no_init_so_that_libs_and_services_share_it(namespace):
    """Python would take the first folder with one for all of `xacthuc`; type checkers do not notice."""
    assert not (namespace / "__init__.py").exists()


def test_directories_of_tests_are_packages_only_where_they_share_what_ends_with_them():
    tests = ROOT / "tests"
    sharing = [path.parent for path in tests.rglob("conftest.py") if 'scope="package"' in path.read_text("utf-8")]
    assert sorted(path.parent for path in tests.rglob("__init__.py")) == sorted(sharing)


def test_nothing_but_pictures_is_binary():
    """Wheels, archives and dumps come in by mistake; what a build makes stays out."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = [ROOT / name for name in tracked.split("\0") if name and not name.startswith("docs/images/")]

    assert names([path for path in paths if path.is_file() and b"\0" in path.read_bytes()]) == []


def test_every_package_says_what_it_owns():
    """Migrations are files for Alembic to run, not modules to import."""
    folders = {
        path.parent
        for path in python_files()
        if any(path.is_relative_to(namespace) for namespace in NAMESPACES) and "migrations" not in path.parts
    } - set(NAMESPACES)
    silent = [
        folder
        for folder in folders
        if not (init := folder / "__init__.py").exists() or not init.read_text("utf-8").startswith('"""')
    ]

    assert names(silent) == []


@pytest.mark.parametrize("service", services())
def test_a_service_folder_holds_the_standard_files(service):
    """A file that outgrew its room is a folder of that name."""
    folder = ROOT / "services" / "xacthuc" / service
    missing = [
        name for name in STANDARD_FILES if not (folder / name).is_dir() and not (folder / f"{name}.py").is_file()
    ]

    assert missing == []


def test_every_contract_has_a_service_folder():
    contracts = {path.parents[1].name for path in (ROOT / "protos").rglob("service.proto")}

    assert contracts == set(services())


def test_no_python_file_outgrows_a_reader():
    long = [path for path in python_files() if path.read_text("utf-8").count("\n") > MOST_LINES]

    assert names(long) == []


def test_nothing_is_left_to_do():
    mark = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")

    assert [name for name, text in texts().items() if mark.search(text)] == []


def test_no_file_knows_the_machine_it_was_written_on():
    place = re.compile(r"(?<![\w.$}])/(?:home|work|root|Users|opt)/\w")

    assert [name for name, text in texts().items() if place.search(text)] == []


def test_no_file_names_a_registry():
    """Where packages come from is the machine's setting: a mirror inside a network must do as well."""
    hosts = re.compile(r"registry\." + r"npmjs|files\.python" + r"hosted|pypi\." + r"org|proxy\.golang")

    assert [name for name, text in texts().items() if hosts.search(text)] == []


@pytest.mark.parametrize("lock", ["requirements.lock", "package-lock.json", "examples/typescript/package-lock.json"])
def test_a_lock_file_holds_hashes_and_no_addresses(lock):
    text = (ROOT / lock).read_text("utf-8")

    assert '"resolved"' not in text
    assert "registry" not in text
    assert re.search(r"sha(256|512)[:-]", text)


def test_the_generated_code_is_that_of_the_contracts(tmp_path):
    """It is not committed, so a checkout that was updated could go on with what an older contract said."""
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import pathlib, sys, hatch_build as h; out = pathlib.Path(sys.argv[1]); h.generate(out); h.describe(out)",
            tmp_path,
        ],
        cwd=ROOT,
        check=True,
    )

    assert _contents(ROOT / "libs") == _contents(tmp_path), "say: make proto"


def _contents(libs: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(libs)): path.read_bytes()
        for folder in ("xacthuc/api", "buf")
        for path in (libs / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
