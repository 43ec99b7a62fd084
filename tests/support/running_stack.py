"""The whole product in processes of its own, as `xacthuc up` runs it, and the `xacthuc` command beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xacthuc.embedded.ports import free_port_base

COMMAND = (sys.executable, "-m", "xacthuc.cli.main")
PORTS = 50
"""How many from its port base on a stack may use."""


@dataclass(frozen=True)
class RunningStack:
    """`root` is where a developer would stand: its data is in `root/var`."""

    root: Path
    otp: str
    identity: str
    guardian: str
    livestream: str
    edge: str
    key: str
    metrics: tuple[str, ...]

    def code(self, challenge: str, *, within_seconds: float = 10) -> str:
        """Returns the code of a challenge, once its message is in the inbox."""
        inbox, give_up = self.root / "var" / "inbox.jsonl", time.monotonic() + within_seconds
        while True:
            for message in map(json.loads, inbox.read_text("utf-8").splitlines()):
                if challenge.endswith(message["challenge"]):
                    return str(message["code"])
            assert time.monotonic() < give_up, "no message came"
            time.sleep(0.01)

    @property
    def environment(self) -> dict[str, str]:
        """With the `xacthuc` command on the path, as an activated virtual environment has it."""
        return {**os.environ, "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}", "PYTHONIOENCODING": "utf-8"}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs `xacthuc` with arguments."""
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        """Runs `xacthuc ... --json` and returns its value; AssertionError when it fails."""
        ran = self.run(*arguments, "--json")
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)


@contextmanager
def running_stack(root: Path, **environment: str) -> Iterator[RunningStack]:
    """Starts everything below `root`, with settings of its own, and stops it afterwards."""
    shim = root / "bin" / "xacthuc"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m xacthuc.cli.main "$@"\n')
    shim.chmod(0o755)
    options = ("up", "--port-base", str(free_port_base(PORTS)), "--json", "--die-with-parent")
    with (
        (root / "up.log").open("w") as log,
        subprocess.Popen(
            [*COMMAND, *options],
            cwd=root,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as owner,
    ):
        try:
            assert owner.stdout is not None
            line = owner.stdout.readline()
            assert line, (root / "up.log").read_text()
            told = json.loads(line)
            yield RunningStack(
                root,
                told["otp"],
                told["identity"],
                told["guardian"],
                told["livestream"],
                told["edge"],
                told["key"],
                tuple(told["metrics"]),
            )
        finally:
            owner.terminate()
            owner.wait(30)
