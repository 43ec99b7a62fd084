"""A stack of stand-in services in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xacthuc.embedded.ports import free_port_base

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = Path(__file__).parent / "programs"
PORTS = 12
"""How many from its port base on an owner may use."""


class Up:
    """Starts owners of one data directory and tells what they left running."""

    def __init__(self, root: Path) -> None:
        self.data, self.pids, self.migrated = root / "var", root / "pids", root / "migrated"
        self.pids.mkdir()
        self.port_base = free_port_base(PORTS)
        self.owners: list[subprocess.Popen[str]] = []

    def start(self, *above: str, **environment: str) -> subprocess.Popen[str]:
        """Starts an owner, below the program `above` when given; read `ready` from its output."""
        command = [*above, sys.executable, str(PROGRAMS / "owner.py"), str(self.data), str(self.port_base)]
        own = {"PIDS": str(self.pids), "MIGRATED": str(self.migrated)}
        owner = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **own, **environment},
        )
        self.owners.append(owner)
        return owner

    def start_and_wait(self) -> subprocess.Popen[str]:
        """Starts an owner and returns once everything serves."""
        owner = self.start()
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        return owner

    def left(self) -> dict[int, str]:
        """Living processes of this stack: stand-ins by their environment, engines by where they work."""
        return {pid: name for pid, name in processes() if belongs(pid, self.data, self.pids)}

    def service_pids(self) -> set[int]:
        """The services that ever served."""
        return {int(path.name) for path in self.pids.iterdir() if path.name.isdecimal()}

    def close(self) -> None:
        """Ends what a failed test left."""
        for owner in self.owners:
            owner.terminate()
            owner.communicate(timeout=30)


def processes() -> Iterator[tuple[int, str]]:
    """Every process that is not a zombie, with its name."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                head, _, rest = (entry / "stat").read_text().rpartition(")")
            except OSError:
                continue
            if rest.split()[0] != "Z":
                yield int(entry.name), head.partition("(")[2]


def belongs(pid: int, data: Path, pids: Path) -> bool:
    entry = Path("/proc") / str(pid)
    try:
        return (entry / "cwd").readlink().is_relative_to(data) or f"PIDS={pids}".encode() in (
            entry / "environ"
        ).read_bytes()
    except OSError:
        return False


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    stack = Up(tmp_path)
    yield stack
    stack.close()
