"""Headings in a file of the officer's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from number_lists import reports

from xacthuc.cli.failure import CommandFailed
from xacthuc.cli.lists.columns import Headings
from xacthuc.cli.lists.rows import Column, Kind, Verdict


def test_what_it_names_replaces_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(
        'number = "Mã TB"\nobserved = ["KỲ"]\nfull_name = "f1"\nmatch = "1"\nmismatch = ["0", "2"]\n'
    )
    path = tmp_path / "list.csv"
    path.write_text("Số thuê bao,Mã TB,Kỳ,F1\nx,0912345678,01/11/2026,2\n")
    (report,) = reports(path, Kind.SUBSCRIBER_MISMATCH, headings=Headings.load(tmp_path / "map.toml"))
    assert report.number == "+84912345678"
    assert report.verdicts == {Column.FULL_NAME: Verdict.MISMATCH}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("phone = 'x'", "phone: is not known"),
        ("number = 3", "number: write a"),
        ("number = ['a']\nobserved = ['A']", "stands below number as well"),
        ("match = ['?']", "has neither a letter nor a digit"),
        ("number = ", "is not TOML"),
    ],
    ids=["key", "type", "twice", "sign", "toml"],
)
def test_a_file_that_cannot_be_used_is_told_by_its_key(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "map.toml").write_text(text)
    with pytest.raises(CommandFailed) as failed:
        Headings.load(tmp_path / "map.toml")
    assert said in failed.value.message
    assert "map.toml" in failed.value.message
