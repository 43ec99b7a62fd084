"""The tutorial as a newcomer takes it, from a clone to a trace; its other steps are followed beside the client's tests too.

Carried out the first step takes a gigabyte and, on two cores that others use too, more than four minutes, so it is only where time is no
matter (`make soak`). But CI takes it too: in a checkout with nothing in it `make test` begins with the same two commands, which
the tests here hold the page to.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from xacthuc.embedded.ports import free_port, free_port_base
from xacthuc.up.layout import Ports

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
QUICKSTART = (ROOT / "docs" / "quickstart.md").read_text("utf-8")
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
@pytest.mark.timeout(MOST_SECONDS + 300)
def test_the_page_leads_from_a_clone_to_a_trace_its_lines_and_its_figures(clone: Path) -> None:
    """The very text of the page, in three terminals, but for the ports, which somebody else may have."""
    set_up(clone)
    ports, collector = Ports(free_port_base(50)), free_port()
    base = f"PORT_BASE={ports.base}"
    receive, start, verify, *blocks = (
        block.replace("4318", str(collector)).replace("127.0.0.1:7413", ports.otp_metrics)
        for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    )
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (clone / "trace.py").write_text(program, "utf-8")
    script = re.findall(r"```python\n(.*?)```", QUICKSTART, re.DOTALL)[0]
    here = f"Xacthuc(key=key, otp={ports.otp_public!r}, identity={ports.identity_public!r})"
    assert script.count("Xacthuc(key=key)") == 1
    (clone / "quickstart.py").write_text(script.replace("Xacthuc(key=key)", here), "utf-8")
    assert "make run" in start

    with terminal(clone, receive), terminal(clone, start.replace("make run", f"make run {base}")) as running:
        give_up = time.monotonic() + 300
        while not (clone / "var" / "demo.json").exists():
            assert running.poll() is None
            assert time.monotonic() < give_up
            time.sleep(0.1)
        told = [said(clone, block) for block in (verify, *blocks)]

    verified, trace, lines, figures = told
    assert "may post" in verified
    (promised,) = re.findall(r"```\n(trace .*?)```", PAGE, re.DOTALL)
    assert steps_of(promised) <= steps_of(trace)
    assert lines.count(trace.split()[1]) >= 1
    assert 'xacthuc_codes_checked_total{verdict="VERIFIED"} 1.0' in figures


def set_up(clone: Path) -> None:
    """The first step. Without bytecode, which would take another minute."""
    with terminal(clone, "\n".join(first_step()), PIP_NO_COMPILE="1") as ran:
        _, told = ran.communicate(timeout=MOST_SECONDS)
    if ran.returncode != 0 and NO_NETWORK.search(told):
        pytest.skip(f"the packages could not be fetched: {told.strip().splitlines()[-1]}")
    assert ran.returncode == 0, told
    assert (clone / ".tools" / "oteltap" / "oteltap").is_dir()


@contextmanager
def terminal(clone: Path, block: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """Runs a block of the page, and ends what is still running of it."""
    with subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=clone,
        env={**environment(), **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if settings else subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as ran:
        try:
            yield ran
        finally:
            if ran.poll() is None:
                os.killpg(ran.pid, signal.SIGTERM)
                try:
                    ran.wait(60)
                except subprocess.TimeoutExpired:
                    os.killpg(ran.pid, signal.SIGKILL)


def said(clone: Path, block: str) -> str:
    """What a block prints in the third terminal."""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "set +u; source .venv/bin/activate; set -u\n" + block],
        cwd=clone,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=True,
    ).stdout


def steps_of(drawn: str) -> set[str]:
    """The steps that a tree shows, each with its indent."""
    return set(re.findall(r" ms  ( *\S.*)", drawn))
