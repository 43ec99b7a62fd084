"""The examples, built and run as their pages say, against the running stack: one program in several languages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from running_stack import RunningStack

from xacthuc.client import LimitExceeded, Xacthuc

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples"
BUF = ROOT / "node_modules" / ".bin" / "buf"
GO = ROOT / ".tools" / "go"
FIXED_LINE = "024 1234 5678"
SPENT = "0992 000 001"
WANTED = 6
"""More codes than strangers to a number have in a day."""


pytestmark = pytest.mark.timeout(300)  # programs are compiled, maybe beside other suites


@dataclass(frozen=True)
class Program:
    """A built example."""

    command: tuple[str, ...]
    directory: Path
    data: Path

    def __call__(self, number: str) -> subprocess.CompletedProcess[str]:
        command = [*self.command, number, str(self.data)]
        return subprocess.run(command, cwd=self.directory, capture_output=True, text=True, timeout=60, check=False)


def typescript(_workspace: Path) -> tuple[str, ...]:
    assert (EXAMPLES / "typescript" / "node_modules").exists(), "make test installs its packages"
    for script in ("generate", "build"):
        step("npm", "run", "--silent", script, cwd=EXAMPLES / "typescript")
    return ("npm", "start", "--silent", "--")


def go(workspace: Path) -> tuple[str, ...]:
    """Builds with Debian's packages. They are found below GOPATH, where the program is put as well."""
    if not (GO / "bin" / "go").exists():
        pytest.skip("no Go here: run tests/tools/go.sh, as make test does")
    found = {"PATH": f"{GO / 'bin'}:{os.environ['PATH']}", "GOPATH": str(workspace)}
    step(str(BUF), "generate", cwd=EXAMPLES / "go", **found)
    shutil.copytree(EXAMPLES / "go", workspace / "src" / "example.com" / "verify")
    # Debian's are of 2021, before a violation had a reason; the contract's descriptors know it.
    details = f'{{"version": "v2", "plugins": [{{"local": "protoc-gen-go", "out": "{workspace / "src"}"}}]}}'
    descriptors = str(ROOT / "libs" / "xacthuc" / "api" / "descriptors.binpb")
    step(str(BUF), "generate", descriptors, "--path", "google/rpc", "--template", details, cwd=workspace, **found)

    assert step("gofmt", "-l", *map(str, (EXAMPLES / "go").glob("*.go")), cwd=workspace, **found) == ""
    step("go", "vet", "example.com/verify", cwd=workspace, **found)
    step("go", "build", "-o", "verify", "example.com/verify", cwd=workspace, **found)
    return (str(workspace / "verify"),)


def python(_workspace: Path) -> tuple[str, ...]:
    return (sys.executable, "verify_by_phone.py")


def step(*command: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def refusal(stack: RunningStack) -> LimitExceeded:
    """What strangers are told who ask for codes to a number until they are refused."""
    with Xacthuc(key=stack.key, otp=stack.otp, identity=stack.identity) as xacthuc:
        for place in range(WANTED):
            try:
                xacthuc.otp.start_challenge(SPENT, subject=f"accounts/stranger-{place}", device_id=f"phone-of-{place}")
            except LimitExceeded as refused:
                return refused
    raise AssertionError(f"{WANTED} codes were sent to one number")


@pytest.fixture(scope="module", params=[python, typescript, go])
def verify(request: pytest.FixtureRequest, stack: RunningStack) -> Iterator[Program]:
    build: Callable[[Path], tuple[str, ...]] = request.param
    with TemporaryDirectory(prefix="xacthuc-test-") as workspace:
        yield Program(build(Path(workspace)), EXAMPLES / build.__name__, stack.root / "var")


def status_and_reason(line: str) -> tuple[str, str]:
    """Libraries spell a status in two ways: INVALID_ARGUMENT and InvalidArgument."""
    status, reason = line.split()
    return status.upper().replace("_", ""), reason


def test_an_account_is_verified_and_may_post(verify: Program) -> None:
    ran = verify("0992 000 000")

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        "before: may not post, NOT_VERIFIED: Verify the account with a Vietnamese mobile number.",
        "code: VERIFIED",
        "account: VERIFIED +84 99 *** **00",
        "after: may post, VERIFIED by Decree 147/2024/NĐ-CP Art. 23(3)(e), 27(3)(b)",
    ]


def test_a_refused_number_is_told_by_its_field_and_reason(verify: Program) -> None:
    ran = verify(FIXED_LINE)

    assert ran.returncode == 1
    first, field, person = ran.stderr.splitlines()
    assert status_and_reason(first) == ("INVALIDARGUMENT", "INVALID_FIELDS")
    assert re.fullmatch(r"  phone_number: .+ \(FIXED_LINE\)", field)
    assert person.startswith("  to the person: ")


def test_a_spent_allowance_is_told_with_the_time_to_wait(verify: Program, refusal: LimitExceeded) -> None:
    ran = verify(SPENT)

    assert ran.returncode == 1
    first, wait, person = ran.stderr.splitlines()
    assert status_and_reason(first) == ("RESOURCEEXHAUSTED", refusal.reason)
    assert refusal.retry_after is not None
    seconds = int(re.fullmatch(r"  again in (\d+) s", wait)[1])
    earlier = refusal.retry_after.total_seconds()
    assert 0.9 * earlier < seconds <= earlier + 1
    assert person.startswith("  to the person: ")
