"""Exports as platforms write them, checked by the command as an officer checks them."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xacthuc.cli.main import run

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True)
class Checked:
    """What the command said."""

    status: int
    told: dict[str, Any]
    rejects: list[tuple[str, str, str]]
    """Row, field and reason of each line of the file of rejects."""

    @property
    def rows(self) -> list[dict[str, Any]]:
        return list(self.told["first_rows"])

    def counts(self, name: str, key: str) -> dict[str, int]:
        return {each[key]: next(v for v in each.values() if isinstance(v, int)) for each in self.told[name]}


def checked(capsys: pytest.CaptureFixture[str], *arguments: str | Path, show: int = 100) -> Checked:
    """Runs `xacthuc backfill check`."""
    capsys.readouterr()
    status = run(["backfill", "check", *map(str, arguments), "--json", "--show", str(show)])
    told = json.loads(capsys.readouterr().out)
    return Checked(status, told, rejects_in(told["rejects"]))


def checked_anew(path: Path, *, worth_two_bytes: int, show: int) -> Checked:
    """The same in a process of its own, which may fork; in two from a size on."""
    program = (
        "import sys; from xacthuc.cli import backfill_reading, main\n"
        f"backfill_reading._WORTH_TWO_BYTES = {worth_two_bytes}\n"
        f"sys.exit(main.run(['backfill', 'check', sys.argv[1], '--json', '--show', '{show}']))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, path], check=False, capture_output=True, text=True, timeout=120
    )
    told = json.loads(ran.stdout)
    return Checked(ran.returncode, told, rejects_in(told["rejects"]))


def rejects_in(path: str) -> list[tuple[str, str, str]]:
    if not path:
        return []
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return [(each["row"], each["field"], each["reason"]) for each in csv.DictReader(file)]


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))
