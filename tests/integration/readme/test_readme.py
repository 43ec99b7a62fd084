"""The README is executed as it stands: only the ports are others, so that a stack of the developer's own may run beside."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from xacthuc.client.clients import IDENTITY_ADDRESS, OTP_ADDRESS
from xacthuc.embedded.ports import free_port_base

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SCRIPT, SHOWN = (BLOCK.findall(README)[place][1] for place in (0, 1))
SECONDS = 60
PORTS = 50
"""How many from its port base on a stack may use."""


@pytest.fixture(scope="module")
def place():
    """A directory in which what `make run` starts is running."""
    arguments = ["--data", "var", "--port-base", str(free_port_base(PORTS)), "--json"]
    command = [sys.executable, "-m", "xacthuc.up.main", *arguments]
    with (
        TemporaryDirectory(prefix="xacthuc-readme-") as directory,
        subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, text=True) as stack,
    ):
        try:
            yield Path(directory), json.loads(stack.stdout.readline())
        finally:
            stack.send_signal(signal.SIGTERM)
            stack.communicate(timeout=SECONDS)


def run(script: str, directory: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-"], input=script, cwd=directory, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def elsewhere(script: str, running: dict[str, str]) -> str:
    """Returns the script with the addresses of the stack it is to use; it names none itself."""
    there = f"Xacthuc(key=key, otp={running['otp']!r}, identity={running['identity']!r})"
    assert script.count("Xacthuc(key=key)") == 1
    return script.replace("Xacthuc(key=key)", there)


def test_the_first_script_ends_with_a_verified_account_that_may_post(place):
    directory, running = place

    assert run(elsewhere(SCRIPT, running), directory) == SHOWN


def test_the_first_script_can_be_run_again(place):
    directory, running = place
    run(elsewhere(SCRIPT, running), directory)

    assert run(elsewhere(SCRIPT, running).replace('f"an-', 'f"binh-'), directory) == SHOWN


def test_the_default_ports_are_those_of_the_page():

    assert (OTP_ADDRESS, IDENTITY_ADDRESS) == ("127.0.0.1:7411", "127.0.0.1:7421")
    assert f"http://{IDENTITY_ADDRESS}/xacthuc.api.identity.v1.IdentityService/CheckAction" in README
