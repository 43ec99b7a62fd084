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
    assert [line.split(",")[0] for line in lines] == [f"{done} of 1000 rows" for done in range(50, 1001, 50)]


def test_the_pace_is_that_of_this_run_and_tells_how_long_it_takes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = 0.0
    monkeypatch.setattr("time.monotonic", lambda: at)
    with Progress("rows", 1000, shown=True) as progress:
        progress.advance(500)  # what an earlier run did
        at = 2.0
        progress.advance(100)
    assert capsys.readouterr().err.splitlines() == ["500 of 1000 rows", "600 of 1000 rows, 50/s, 8 s left"]


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
