"""The first step of the tutorial, as a newcomer takes it in a clone; the others are followed beside the client's tests.

Carried out it takes a gigabyte and, on two cores that others use too, more than four minutes, so it is only where time is no
matter (`make soak`). But CI takes it too: in a checkout with nothing in it `make test` begins with the same two commands, which
the tests here hold the page to.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
MOST_SECONDS = 1800
NO_NETWORK = re.compile(
    r"No matching distribution|ConnectTimeout|ReadTimeout|NewConnectionError|Temporary failure|Max retries|ProxyError"
)


def first_step() -> list[str]:
    """The commands of the page's first section."""
    section = PAGE.split("\n## 1. ", 1)[1].split("\n## 2. ", 1)[0]
    return re.findall(r"^    (\S.*)$", section, re.MULTILINE)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """This checkout's last commit with nothing set up."""
    made = tmp_path / "xacthuc"
    cloned = subprocess.run(
        ["git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", str(made)],
        capture_output=True,
        text=True,
        check=False,
    )
    if cloned.returncode != 0:
        pytest.skip(f"this is no clone to clone again: {cloned.stderr.strip()}")
    return made


def environment() -> dict[str, str]:
    """As in a terminal of somebody who has nothing of this activated."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("XACTHUC_", "VIRTUAL_ENV", "MAKE", "MFLAGS"))
    }
    return {**kept, "PYTHON": sys.executable}


def test_the_page_begins_as_the_tests_do() -> None:
    [target] = re.findall(r"^test: (.*?) ##", MAKEFILE, re.MULTILINE)
    recipe = MAKEFILE.split("\ntest: ", 1)[1].split("\n\n", 1)[0]

    assert first_step() == ["make proto", "PYTHON=.venv/bin/python tests/tools/otlp.sh"]
    assert "\nproto: $(API) ##" in MAKEFILE
    assert "$(API)" in target
    assert "PYTHON=$(PY) tests/tools/otlp.sh" in recipe
    assert "\nPY := $(VENV)/bin/python\n" in MAKEFILE


def test_in_a_clone_the_first_command_makes_everything_that_is_not_there(clone: Path) -> None:
    planned = subprocess.run(
        ["make", "--dry-run", "proto"], cwd=clone, env=environment(), capture_output=True, text=True, check=True
    )
    steps = ["-m venv .venv", "--require-hashes -r requirements.lock", "--editable .", "hatch_build.py"]

    places = [planned.stdout.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.skipif(not os.environ.get("XACTHUC_SOAK"), reason="takes minutes and a gigabyte: make soak")
@pytest.mark.timeout(MOST_SECONDS + 60)
def test_a_clone_is_set_up_by_what_the_page_says(clone: Path) -> None:
    # Without bytecode, which nobody runs here.
    with subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", "\n".join(first_step())],
        cwd=clone,
        env={**environment(), "PIP_NO_COMPILE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as ran:
        try:
            _, told = ran.communicate(timeout=MOST_SECONDS)
        finally:
            if ran.poll() is None:
                os.killpg(ran.pid, signal.SIGKILL)
    if ran.returncode != 0 and NO_NETWORK.search(told):
        pytest.skip(f"the packages could not be fetched: {told.strip().splitlines()[-1]}")

    assert ran.returncode == 0, told
    program = "import xacthuc.api.otp.v1.service_pb2 as made; print(made.__file__)"
    found = subprocess.run(
        [clone / ".venv" / "bin" / "python", "-c", program], capture_output=True, text=True, check=True
    )
    assert Path(found.stdout.strip()).is_relative_to(clone)
    assert (clone / ".tools" / "oteltap" / "oteltap").is_dir()
