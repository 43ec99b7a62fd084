"""The directory of an import: whose it is, and what is done where there is one already. Nothing is sent without --yes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xacthuc.cli.main import run

Capture = pytest.CaptureFixture[str]
WORDS = ("--platform", "demo", "--json")


def state(directory: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in directory.iterdir()}


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text("uid,phone\na,0912345678\nb,0912345679\n")
    return path


def test_one_of_another_export_is_not_touched(export: Path, capsys: Capture) -> None:
    assert run(["backfill", "import", str(export), *WORDS]) == 0
    made = Path(f"{export}.backfill")
    before = state(made)

    export.write_text("uid,phone\nc,0912345678\n")
    assert run(["backfill", "import", str(export), *WORDS]) == 2
    assert "another export" in capsys.readouterr().err
    assert state(made) == before


def test_nobody_else_may_look_into_it(export: Path) -> None:
    assert run(["backfill", "import", str(export), *WORDS]) == 0
    assert Path(f"{export}.backfill").stat().st_mode & 0o077 == 0


def test_one_that_was_never_finished_is_made_anew(export: Path, tmp_path: Path, capsys: Capture) -> None:
    half = tmp_path / "half"
    half.mkdir()
    (half / "shard-0009.rows").write_bytes(b"half a row")

    assert run(["backfill", "import", str(half), *WORDS]) == 2
    assert "not to its end" in capsys.readouterr().err
    assert run(["backfill", "import", str(export), "--into", str(half), "--shards", "2", *WORDS]) == 0
    assert json.loads(capsys.readouterr().out)["left_rows"] == 2
    assert not (half / "shard-0009.rows").exists()


def test_one_with_other_files_in_it_is_somebody_elses(export: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")

    assert run(["backfill", "split", str(export), "--into", str(tmp_path / "mine")]) == 2
    assert "letter.txt" in capsys.readouterr().err
    assert state(tmp_path / "mine") == {"letter.txt": b"dear"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--shard", "4"], "one of 0 to 3"),
        (["--shard", "1/3"], "one of 0 to 3"),
        (["--legal-basis", "an article"], "the last day was 2025-03-24"),
        (["--platform", "../demo"], "the id of a platform"),
    ],
    ids=["shard", "shards", "grace", "platform"],
)
def test_what_cannot_be_done_is_told_before_anything_is_sent(
    export: Path, capsys: Capture, arguments: list[str], said: str
) -> None:
    assert run(["backfill", "import", str(export), "--platform", "demo", *arguments]) == 2
    assert said in capsys.readouterr().err
