"""Block lists in the shapes they come in."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from xacthuc.cli.block_list import REJECT_COLUMNS, Rejected, Row, count, read, reject_rows
from xacthuc.cli.failure import CommandFailed
from xacthuc.cli.rejects import RejectFile


def rows(path: Path, data: bytes, column: int = 0) -> list[str]:
    path.write_bytes(data)
    return [each.text for each in read(path, column) if isinstance(each, Row)]


def rejects(path: Path, column: int) -> list[tuple[int, str]]:
    return [(each.row.line, each.reason) for each in read(path, column) if isinstance(each, Rejected)]


@pytest.mark.parametrize(
    ("data", "column"),
    [
        (b"0912345678\n0987654321\n", 0),
        (b"0912345678\r\n\r\n  0987654321  \r\n", 0),
        (b"\xef\xbb\xbf0912345678\n0987654321", 0),
        ("số;nhà mạng\n0912345678;Vina\n0987654321;Viettel\n".encode(), 0),
        (b"stt,phone\n1,0912345678\n2,0987654321\n", 1),
        (b'"phone"\t"since"\n"0912345678"\t"2026"\n"0987654321"\t"2026"\n', 0),
        ("\ufeff0912345678\n0987654321\n".encode("utf-16-le"), 0),
    ],
    ids=["lines", "windows", "marked", "semicolons", "column", "tabs", "utf16"],
)
def test_numbers_are_found_in(tmp_path: Path, data: bytes, column: int) -> None:
    assert rows(tmp_path / "list.csv", data, column) == ["0912345678", "0987654321"]


def test_a_first_row_with_a_number_is_no_heading(tmp_path: Path) -> None:
    assert rows(tmp_path / "list.csv", b"0912345678,x\nphone,y\n") == ["0912345678", "phone"]


def test_what_cannot_be_a_number_at_all_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"a;0912345678\nb;\nc;{'9' * 65}\nd\n")
    assert rejects(path, 1) == [(2, "EMPTY"), (3, "TOO_LONG"), (4, "EMPTY")]


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"\xff\xd8\xff\xe0\x00",
        b"0912345678\n" * 20_000 + b"\xff",
        "0912345678\n".encode("utf-16-le"),
        b"\xff\xfe0",
    ],
    ids=["absent", "picture", "late", "unmarked utf16", "cut utf16"],
)
def test_a_file_that_is_no_text_says_so(tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / "list.csv"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(CommandFailed, match=r"list\.csv"):
        count(path, 0)


def test_a_line_of_any_length_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("0912345678\n" + "0987654321;" + "x" * 1_000_000 + "\n0987654321\n" + "9" * 200_000)
    assert (rows(path, path.read_bytes()), rejects(path, 0)) == (
        ["0912345678", "0987654321"],
        [(2, "TOO_LONG"), (4, "TOO_LONG")],
    )


def test_a_quote_that_is_never_closed_swallows_no_other_line(tmp_path: Path) -> None:
    assert rows(tmp_path / "list.csv", b'0912345678;"Vina\n0987654321;Viettel\n') == ["0912345678", "0987654321"]


def test_a_long_list_is_never_held_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("0912345678\n" * 100_000)
    tracemalloc.start()
    try:
        assert count(path, 0) == 100_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def written(path: Path, *texts: str) -> bytes:
    with RejectFile(path / "rejects.csv", REJECT_COLUMNS) as table:
        table.add(reject_rows([Rejected(Row(line, text), "FIXED_LINE") for line, text in enumerate(texts, start=3)]))
    return (path / "rejects.csv").read_bytes()


def test_rejects_are_a_table_that_spreadsheets_open(tmp_path: Path) -> None:
    assert written(tmp_path, "024 3825, 1234").startswith(b"\xef\xbb\xbfline,number,reason\r\n3,")


def test_no_cell_of_the_rejects_is_a_formula(tmp_path: Path) -> None:
    lines = written(tmp_path, "=HYPERLINK(0)", "+84 24 3825", "@SUM(1)", "-cmd|1").decode("utf-8-sig").splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == ["'=HYPERLINK(0)", "+84 24 3825", "'@SUM(1)", "'-cmd|1"]
