"""The Python programs, run as their page says: they print what it shows, but for times."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from running_stack import RunningStack

HERE = Path(__file__).resolve().parents[3] / "examples" / "python"
PAGE = (HERE / "README.md").read_text("utf-8")
SHOWN = dict(re.findall(r"^## (\w+\.py)\n.*?^```\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
LINES = 80
"""What fits on a screen."""


def timeless(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d(T[\d:.+]+)?", "TIME", text)


@pytest.mark.parametrize("program", SHOWN)
def test_a_program_prints_what_its_page_shows(program: str, stack: RunningStack) -> None:
    command = [sys.executable, program, str(stack.root / "var")]

    ran = subprocess.run(command, cwd=HERE, capture_output=True, encoding="utf-8", timeout=60, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert timeless(ran.stdout) == timeless(SHOWN[program])


def test_the_page_shows_every_program_but_the_one_that_other_languages_have_too() -> None:
    assert {path.name for path in HERE.glob("*.py")} - {"development.py", "verify_by_phone.py"} == set(SHOWN)


@pytest.mark.parametrize("program", sorted(HERE.glob("*.py")), ids=lambda path: path.name)
def test_a_program_fits_on_a_screen(program: Path) -> None:
    assert len(program.read_text("utf-8").splitlines()) <= LINES
