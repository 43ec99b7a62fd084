"""The client's types say what its documentation says, to the type checker a user runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import xacthuc.client

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


@pytest.fixture
def quickstart(tmp_path) -> Path:
    page = (ROOT / "docs" / "quickstart.md").read_text("utf-8")
    script = tmp_path / "quickstart.py"
    script.write_text(re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0], "utf-8")
    return script


def test_the_examples_and_the_quickstart_check_strictly(quickstart):
    """One run for both: a type checker takes seconds to start."""
    command = [sys.executable, "-m", "mypy", "--no-incremental", "--strict", "--warn-unused-ignores"]

    ran = subprocess.run(
        [*command, str(HERE / "examples.py"), str(quickstart)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stdout


def test_the_package_tells_type_checkers_that_it_has_types():
    assert (Path(xacthuc.client.__file__).parent / "py.typed").exists()
