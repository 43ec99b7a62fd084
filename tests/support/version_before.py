"""The code of the version before this one, from the repository's history, to run beside that of today."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("libs", "services", "protos", "hatch_build.py")


def commit_before(folder: str, *, changed: bool = False) -> str:
    """Returns the last release, or without one the commit before the newest file in a folder; empty without a history.

    With `changed`, before the last change of the folder. A shallow clone's oldest commit looks as if it had made everything, and has
    none before it.
    """
    newest = _git("log", *(() if changed else ("--diff-filter=A",)), "-1", "--format=%H", "--", folder)
    return _git("describe", "--tags", "--abbrev=0") or _git("rev-parse", "--verify", f"{newest}^")


def unpacked(commit: str, directory: Path) -> dict[str, str]:
    """Unpacks a commit and makes its contracts' code; returns the variables by which Python imports that code."""
    archive = subprocess.run(["git", "archive", commit, *PARTS], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(directory, filter="data")
    # Before what is installed, so that each module is of that commit.
    environment = {**os.environ, "PYTHONPATH": f"{directory / 'libs'}:{directory / 'services'}"}
    subprocess.run([sys.executable, "hatch_build.py"], cwd=directory, env=environment, capture_output=True, check=True)
    return {"PYTHONPATH": environment["PYTHONPATH"]}


def unpacked_before(folder: str, directory: Path, *, changed: bool = False) -> dict[str, str]:
    """As `unpacked`, of the version before; skips where there is no history, as in a shallow clone."""
    commit = commit_before(folder, changed=changed)
    if not commit:
        pytest.skip("needs the repository's history")
    return unpacked(commit, directory)


def _git(*arguments: str) -> str:
    if shutil.which("git") is None:
        return ""
    said = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return said.stdout.strip() if said.returncode == 0 else ""
