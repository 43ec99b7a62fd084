"""Lists as text, in the shapes they come in."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from number_lists import opened, rejected, reports

from xacthuc.cli.failure import CommandFailed
from xacthuc.cli.lists.rows import Column, Kind, Verdict


@pytest.mark.parametrize(
    "data",
    [
        "Số điện thoại,Ngày thu hồi\n0912345678,01/11/2026\n0987654321,2026-11-01\n".encode(),
        "\ufeffSTT;SỐ THUÊ BAO;Ngày\r\n1;+84 912 345 678;1/11/2026\r\n\r\n2;84987654321;01/11/2026\r\n".encode(),
        b'"msisdn"\t"date"\n"0912345678"\t"20261101"\n"=""0987654321"""\t"20261101"',
        "DANH SÁCH THUÊ BAO THU HỒI\n\n".encode() + b"phone;as of\n091.234.5678;01/11/2026\n987654321;01/11/2026",
    ],
    ids=["commas", "semicolons", "tabs", "title"],
)
def test_numbers_and_days_are_found_in(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    found = [(each.number, each.observed.isoformat()) for each in reports(path)]
    assert found == [("+84912345678", "2026-11-01T17:00:00+00:00"), ("+84987654321", "2026-11-01T17:00:00+00:00")]


def test_a_broken_row_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    good, lines = (
        b"0912345678,2026-11-01",
        [
            b"phone,date",
            b"0912345678,2026-11-01",
            b"\xff\xfe0912345678,2026-11-01",
            b"0912345678,2026-11-01",
            b'0912345678,"2026-11-01',
            b"0912345678,2026-11-01,x",
            b"0912345678,2026-11-01,,",
            b"0243123456,2026-11-01",
            b"\x00\x01\x02",
            b"0912345678",
            b"0912345678," + b"9" * 70_000,
            b"9" * 65 + b",2026-11-01",
            b"0912345678,yesterday",
        ],
    )
    path.write_bytes(b"\n".join(lines))
    assert len(reports(path)) == lines.count(good) + 1
    assert rejected(path) == [
        (3, "", "NOT_DECODABLE"),
        (5, "", "OPEN_QUOTES"),
        (6, "", "TOO_MANY_CELLS"),
        (8, "number", "FIXED_LINE"),
        (9, "", "NOT_TEXT"),
        (10, "observed", "MISSING"),
        (11, "", "TOO_LONG"),
        (12, "number", "TOO_LONG"),
        (13, "observed", "NOT_A_DATE"),
    ]


def test_each_field_has_a_verdict_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        "SĐT;Họ và tên;Ngày sinh;Ngày đối soát\n0912345678;Khớp;KHÔNG KHỚP;01/11/2026\n0987654321;;false;01/11/2026\n"
    )
    first, second = reports(path, Kind.SUBSCRIBER_MISMATCH)
    assert first.verdicts == {Column.FULL_NAME: Verdict.MATCH, Column.BIRTH_DATE: Verdict.MISMATCH}
    assert second.verdicts == {Column.FULL_NAME: Verdict.UNKNOWN, Column.BIRTH_DATE: Verdict.MISMATCH}


def test_a_name_where_a_verdict_should_be_is_rejected_and_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("phone,full name,date\n0912345678,Nguyễn Văn An,2026-11-01\n")
    rows = list(opened(path, Kind.SUBSCRIBER_MISMATCH).rows())
    assert rejected(path, Kind.SUBSCRIBER_MISMATCH) == [(2, "full_name", "NOT_A_VERDICT")]
    assert "An" not in repr(rows)


def test_the_sims_of_a_paper_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("isdn,Số lượng SIM,ngày\n0912345678,12,01/11/2026\n0912345678,nhiều,01/11/2026\n")
    assert [each.sim_count for each in reports(path, Kind.TOO_MANY_SIMS)] == [12]
    assert rejected(path, Kind.TOO_MANY_SIMS) == [(3, "sim_count", "NOT_A_COUNT")]


@pytest.mark.parametrize(
    ("data", "kind", "said"),
    [
        (b"0912345678\n0987654321\n", Kind.BLOCKED, "no column is headed as one of number"),
        (b"phone\n0912345678\n", Kind.BLOCKED, "no column is headed as one of observed"),
        (b"phone,date\n0912345678,2026-11-01\n", Kind.SUBSCRIBER_MISMATCH, "a field that was compared"),
        (b"phone,date\n0912345678,2026-11-01\n", Kind.TOO_MANY_SIMS, "one of sim_count"),
        (
            b"phone,sdt,date\n0912345678,0987654321,2026-11-01\n",
            Kind.BLOCKED,
            "columns 1 and 2 are both headed as number",
        ),
        (b"", Kind.BLOCKED, "neither text in UTF-8 nor Parquet"),
        (b"\x89PNG\r\n\x1a\n\0\0", Kind.BLOCKED, "neither text in UTF-8 nor Parquet"),
        (b"PAR1 and nothing else", Kind.BLOCKED, "a broken Parquet file"),
    ],
    ids=["no heading", "no date", "no verdict", "no count", "two numbers", "empty", "picture", "cut"],
)
def test_a_list_of_another_kind_is_refused_at_once(tmp_path: Path, data: bytes, kind: Kind, said: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    with pytest.raises(CommandFailed) as failed:
        opened(path, kind)
    told = "\n".join((failed.value.message, *failed.value.lines, failed.value.advice))
    assert said in told
    assert "0912345678" not in told
    assert "0987654321" not in told


def test_a_directory_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="is not a file"):
        opened(tmp_path)


def test_a_list_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="cannot be read: No such file"):
        opened(tmp_path / "none.csv")


def test_memory_does_not_grow_with_the_list(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(
        b"phone,date\n" + b"0912345678,2026-11-01\n" * 20_000 + b"x" * 20_000_000 + b"\n0912345678,2026-11-01"
    )
    tracemalloc.start()
    try:
        rows = sum(1 for _ in opened(path).rows())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert rows == 20_002
    assert peak < 8_000_000
