"""Lists as Parquet."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from number_lists import opened, rejected, reports, write_parquet
from pyarrow import parquet

from xacthuc.cli.failure import CommandFailed
from xacthuc.cli.lists.rows import Column, Kind, Verdict
from xacthuc.cli.main import run

DAY = date(2026, 11, 1)


@pytest.mark.parametrize(
    "numbers",
    [
        ["0912345678", "+84987654321"],
        [84912345678, 84987654321],
        [912345678.0, 987654321.0],
        [Decimal(912345678), Decimal(987654321)],
        [b"0912345678", b"0987654321"],
        pa.array(["0912345678", "0987654321"]).dictionary_encode(),
    ],
    ids=["text", "figures", "fractions", "decimals", "bytes", "dictionary"],
)
def test_numbers_are_found_in_a_column_of(tmp_path: Path, numbers: list[object]) -> None:
    path = write_parquet(tmp_path / "list", {"stt": [1, 2], "MSISDN": numbers, "Ngày": [DAY, DAY]})
    assert [each.number for each in reports(path)] == ["+84912345678", "+84987654321"]


@pytest.mark.parametrize(
    "day",
    [
        DAY,
        "01/11/2026",
        pa.array([datetime(2026, 11, 1, 17, tzinfo=UTC)], pa.timestamp("ns", "UTC")),
        pa.array([datetime(2026, 11, 2)], pa.timestamp("ns")),  # noqa: DTZ001 - without a zone, as many files have it
    ],
    ids=["date", "text", "nanoseconds", "local"],
)
def test_days_and_times_are_read_from_a_column_of(tmp_path: Path, day: object) -> None:
    column = day if isinstance(day, pa.Array) else [day]
    path = write_parquet(tmp_path / "list", {"phone": ["0912345678"], "date": column})
    assert [each.observed for each in reports(path)] == [datetime(2026, 11, 1, 17, tzinfo=UTC)]


def test_a_truth_is_a_verdict_and_an_empty_cell_is_none(tmp_path: Path) -> None:
    columns = {"phone": ["0912345678"] * 3, "name": [True, False, None], "date": [DAY] * 3}
    path = write_parquet(tmp_path / "list", columns)
    found = [each.verdicts[Column.FULL_NAME] for each in reports(path, Kind.SUBSCRIBER_MISMATCH)]
    assert found == [Verdict.MATCH, Verdict.MISMATCH, Verdict.UNKNOWN]


def test_a_broken_cell_costs_its_row_alone(tmp_path: Path) -> None:
    far = pa.array([20_000, 2**31 - 1, 20_000], pa.int32()).cast(pa.date32())
    path = write_parquet(tmp_path / "list", {"phone": ["0912345678", "0912345678", None], "date": far})
    assert len(reports(path)) == 1
    assert rejected(path) == [(2, "observed", "NOT_A_DATE"), (3, "number", "MISSING")]


def test_text_that_is_none_costs_its_row_alone(tmp_path: Path) -> None:
    wrong = pa.StringArray.from_buffers(2, *pa.array([b"0912345678", b"\xff"]).buffers()[1:])
    path = write_parquet(tmp_path / "list", {"phone": wrong, "date": [DAY, DAY]})
    assert len(reports(path)) == 1
    assert rejected(path) == [(2, "number", "NOT_A_NUMBER")]


def test_a_part_that_cannot_be_read_is_rejected_and_the_next_one_read(tmp_path: Path) -> None:
    numbers = [f"09{each:08d}" for each in range(300)]
    path = write_parquet(
        tmp_path / "list", {"phone": numbers, "date": ["01/11/2026"] * 300}, row_group_size=100, use_dictionary=False
    )
    column = parquet.read_metadata(path).row_group(1).column(0)
    with path.open("r+b") as file:
        file.seek(column.data_page_offset)
        file.write(b"\xff" * column.total_compressed_size)
    assert opened(path).total == 300
    assert rejected(path) == [(place, "", "UNREADABLE") for place in range(101, 201)]


def test_a_file_that_claims_more_rows_than_it_has_bytes_is_refused(tmp_path: Path) -> None:
    rows = 200_000
    path = write_parquet(tmp_path / "list", {"phone": ["0912345678"] * rows, "date": [DAY] * rows})
    with pytest.raises(CommandFailed, match="a broken Parquet file"):
        opened(path)


def test_without_pyarrow_it_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_parquet(tmp_path / "list", {"phone": ["0912345678"], "date": [DAY]})
    monkeypatch.delitem(sys.modules, "xacthuc.tables.parquet_file", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    arguments = ["reconcile", "import", str(path), "--kind", "blocked", "--source", "viettel"]
    assert run(arguments) == 1
    assert "pip install 'xacthuc[analytics]'" in capsys.readouterr().err
