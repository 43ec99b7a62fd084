"""Imports that take of a library what is used: in processes of their own, since what is imported stays."""

import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = {
    "heavy/__init__.py": "from heavy.all import everything\nfrom heavy.part import small\nplace = __file__\n",
    "heavy/all.py": "everything = 'all of it'\n",
    "heavy/part.py": "from . import tools\nsmall = tools.size\n",
    "heavy/tools.py": "size = 'little'\n",
}


def run(directory: Path, program: str) -> str:
    for name, text in PACKAGE.items():
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; from xacthuc import lean; sys.path.insert(0, {str(directory)!r})\n{program}",
        ],
        capture_output=True,
        check=True,
        text=True,
    )
    return told.stdout.strip()


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("from heavy.part import small; print(small, 'heavy.all' in sys.modules)", "little False"),
        ("from heavy import tools; print(tools.size, 'heavy.all' in sys.modules)", "little False"),
        ("import heavy.part; from heavy import everything; print(everything)", "all of it"),
        ("import heavy.part; from heavy import small; print(small)", "little"),
        ("import heavy; print(hasattr(heavy, 'nothing'), heavy.everything)", "False all of it"),
        ("import heavy; print(heavy.place == heavy.__file__)", "True"),
    ],
)
def test_a_package_waits_until_it_is_asked_for_a_name(tmp_path: Path, program: str, expected: str) -> None:
    assert run(tmp_path, f"lean.by_module('heavy')\n{program}") == expected


def test_a_package_that_was_imported_stays_as_it_is(tmp_path: Path) -> None:
    assert run(tmp_path, "import heavy; lean.by_module('heavy'); print('everything' in vars(heavy))") == "True"


def test_a_package_that_is_missing_is_said_to_be(tmp_path: Path) -> None:
    program = "try: lean.by_module('nowhere')\nexcept ModuleNotFoundError as error: print(error.name)"
    assert run(tmp_path, program) == "nowhere"


def test_an_extra_that_is_hidden_is_found_again_later(tmp_path: Path) -> None:
    program = (
        "with lean.without('heavy'):\n"
        "    try: import heavy\n"
        "    except ImportError: print('hidden', end=' ')\n"
        "import heavy; print('found')"
    )
    assert run(tmp_path, program) == "hidden found"
