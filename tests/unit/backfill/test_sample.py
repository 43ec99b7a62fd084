"""Samples: the same for the same seed, Vietnamese, and as dirty as exports are."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from pathlib import Path
from random import Random

import pytest
from exports import checked, read_csv

from xacthuc.backfill.adapters.people import Dirt, People
from xacthuc.backfill.adapters.sample import Sample
from xacthuc.cli.main import run
from xacthuc.phone import Mobile, NumberPlan
from xacthuc.tables.encodings import Encoding

PEOPLE, PLAN = People.load(), NumberPlan.load()
Capture = pytest.CaptureFixture[str]


def rows(count: int, seed: int = 1) -> list[list[str]]:
    return list(chain.from_iterable(Sample(PEOPLE, seed).rows(count)))


def test_fewer_rows_are_the_first_of_more() -> None:
    many = rows(2_050)

    assert (len(many), rows(2_050), rows(7)) == (2_050, many, many[:7])
    assert rows(50, seed=2) != many[:50]


@pytest.mark.parametrize("kind", Dirt)
def test_dirt_changes_a_row(kind: Dirt) -> None:
    first, clean = (
        ["u1", "Lê", "05/06/1999", "0912345670", *[""] * 4],
        ["u2", "An Bình", "01/02/1990", "0912345678", *[""] * 4],
    )
    soiled = [first, list(clean)]

    Sample(PEOPLE, 1)._spoil(soiled, 1, kind, Random(1))  # the first number of this seed is below a half

    assert soiled[0] == first
    assert soiled[1] != clean


def test_surnames_and_ranges_have_their_shares() -> None:
    sample = rows(10_000)
    surnames = Counter(row[1].split()[0] for row in sample if row[1].strip())
    mobiles = [found for row in sample if isinstance(found := PLAN.parse(row[3]), Mobile)]
    owners = Counter(each.range_owner for each in mobiles)

    assert 0.33 < surnames["Nguyễn"] / 10_000 < 0.42
    assert 0.50 < owners["Viettel"] / len(mobiles) < 0.60
    assert 0.95 < len(mobiles) / 10_000 < 0.99


def test_an_export_of_it_is_read_whole(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "sample.csv"
    assert run(["backfill", "sample", "--rows", "3000", "--seed", "7", "--out", str(path)]) == 0

    found = checked(capsys, path)
    classes = found.counts("classes", "class")
    assert found.told["rows"] == 3000 == sum(classes.values()) + found.told["rejected_rows"]
    assert set(classes) >= {"NEEDS_PHONE", "NEEDS_GUARDIAN", "NEEDS_PERSONAL_ID", "UNREACHABLE", "DUPLICATE"}
    assert classes["NEEDS_PHONE"] > 2400


def told(capsys: Capture, path: Path, *arguments: str) -> dict[str, object]:
    assert run(["backfill", "sample", "--rows", "400", "--out", str(path), *arguments]) == 0
    found = checked(capsys, path, "--rejects", path.with_suffix(".rejects"), show=0)
    return {key: value for key, value in found.told.items() if key not in {"rejects", "rejected"}}


def test_every_format_and_encoding_holds_the_same_accounts(tmp_path: Path, capsys: Capture) -> None:
    expected = told(capsys, tmp_path / "plain.csv")

    assert told(capsys, tmp_path / "a.jsonl") == expected
    assert told(capsys, tmp_path / "a.parquet") == expected
    for encoding in Encoding:
        assert told(capsys, tmp_path / f"{encoding}.csv", "--encoding", encoding) == expected


def test_it_goes_to_standard_output_unless_a_file_is_named(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["backfill", "sample", "--rows", "3"]) == 0

    assert [list(each.values()) for each in read_csv(capfdbinary.readouterr().out.decode())] == rows(3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "there.csv"], "is there already"),
        (["--json"], "give --out too"),
        (["--out", "sample.xlsx"], "files end in csv, jsonl, parquet"),
        (["--encoding", "vni"], "encodings are utf-8"),
        (["--out", "nowhere/sample.csv"], "cannot be written"),
    ],
    ids=["there", "json", "format", "encoding", "folder"],
)
def test_what_cannot_be_written_is_told(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.csv").touch()

    assert run(["backfill", "sample", *arguments]) == 2
    assert said in capsys.readouterr().err
