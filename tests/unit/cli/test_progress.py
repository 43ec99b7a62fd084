"""How far a long command is, for a person and for a log."""

from __future__ import annotations

import io
import sys

import pytest

from xacthuc.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_few_lines_however_many_steps_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("rows", 1000, shown=True) as progress:
        for done in range(1, 1001):
            progress.reach(done)
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines), lines[0], lines[-1]) == (20, "50 of 1000 rows", "1000 of 1000 rows")


def test_more_steps_than_were_foreseen_are_no_more_than_all(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("rows", 2, shown=True) as progress:
        progress.reach(3)
    assert capsys.readouterr().err == "3 of 3 rows\n"


def test_a_person_gets_a_bar_that_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress("rows", 4, shown=True) as progress:
        progress.reach(2)
    shown = terminal.getvalue()
    assert "rows" in shown
    assert "2 of 4" not in shown
    assert shown.endswith("\x1b[2K")


def test_a_program_gets_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("rows", 4, shown=False) as progress:
        progress.reach(4)
    assert capsys.readouterr().err == ""
